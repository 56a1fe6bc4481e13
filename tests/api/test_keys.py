"""API keys: who makes them, what they open, when they do not."""

from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess

import httpx
import pytest
from psycopg import connect

from crawlers.config import Config
from crawlers.storage.credentials import Shown
from tests.api.serving import TRIAL, Api, environment_of, made, serving, until
from tests.crawls.run import Crawls


def apikey(config: Config, *words: str) -> CompletedProcess[str]:
    """Run ``scrapy apikey``."""
    return Crawls(config.home, environment_of(config)).run("apikey", *words)


def shows(api: Api, key: object) -> httpx.Response:
    """Ask who asks, showing *key*."""
    return api.client().get("/v1/try/me", headers={"Authorization": f"Bearer {key}"})


def test_a_first_start_on_this_machine_makes_one_key_of_an_administrator(
    database_config: Config,
) -> None:
    with serving(database_config, settings=TRIAL) as api:
        password, line = api.said
        assert password.startswith("Sign in as admin; the password is shown only now: ")
        assert line.startswith("API key of an administrator, shown only now: crw_")
        assert shows(api, line.split()[-1]).json()["is_admin"] is True
    with serving(database_config) as again:
        assert again.said == []
        assert again.ask("select count(*) from api_keys") == 1


def test_what_others_can_reach_starts_only_with_a_key(database_config: Config) -> None:
    crawls = Crawls(database_config.home, environment_of(database_config))
    refused = crawls.run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - refused
    assert refused.returncode == 2
    assert refused.stderr.endswith("make a person first with scrapy user create\n")
    assert refused.stdout == ""
    made(database_config, "read")
    with serving(database_config, "--host", "0.0.0.0") as api:  # noqa: S104 - the test is about it
        assert api.said == []


def test_a_key_made_by_the_command_opens_what_its_scopes_say(trial: Api) -> None:
    done = apikey(trial.config, "create", "--name", "a reader", "--scope", "read")
    key = done.stdout.strip()
    assert shows(trial, key).json() == {
        "key": key.split("_")[1],
        "scopes": ["read"],
        "is_admin": False,
    }
    client = trial.client()
    client.headers["Authorization"] = f"Bearer {key}"
    assert client.get("/v1/try/numbers/7").json() == {"count": 7}
    refused = client.post("/v1/try/units", json={"units": [1]})
    assert refused.status_code == 403
    assert refused.json()["detail"] == "this key has no scope 'jobs'"


def test_an_administrator_may_do_everything(trial: Api) -> None:
    client = trial.client("admin")
    assert client.get("/v1/try/numbers/7").status_code == 200
    assert client.post("/v1/try/units", json={"units": [1]}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        f"Bearer crw_0123456789ab_{43 * 'a'}",
        f"bearer  {'crw_' * 99}",
    ],
)
def test_what_is_no_key_opens_nothing(trial: Api, header: str) -> None:
    answer = trial.client().get("/v1/try/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_key_with_another_secret_opens_nothing(trial: Api) -> None:
    key = trial.key("read")
    for _ in range(2):  # also where the server remembers the key
        assert shows(trial, Shown("crw", key.id, Shown.fresh("crw").secret)).status_code == 401
        assert shows(trial, key).status_code == 200


def test_a_key_that_has_expired_opens_nothing(trial: Api) -> None:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    gone, key = (trial.key("read", expires_at=one) for one in (now - hour, now + hour))
    assert shows(trial, gone).status_code == 401
    assert shows(trial, key).status_code == 200
    trial.execute(f"update api_keys set expires_at = now() where id = '{key.id}'")  # noqa: S608 - our own
    until(lambda: shows(trial, key).status_code == 401)


def test_a_key_that_was_revoked_opens_nothing(trial: Api) -> None:
    key = trial.key("read")
    assert shows(trial, key).status_code == 200
    done = apikey(trial.config, "revoke", f"crw_{key.id}")
    assert done.stdout == f"The key crw_{key.id} opens nothing any more.\n"
    until(lambda: shows(trial, key).status_code == 401)


def test_nothing_is_written_without_a_key(trial: Api) -> None:
    client = trial.client()
    assert client.post("/v1/try/units", content=b"not even read").status_code == 401
    assert client.post("/v1/nowhere").status_code == 401
    assert client.get("/v1/try/shared/abc").json() == {"count": 3}


def test_of_a_secret_only_its_hash_is_kept(trial: Api) -> None:
    key = trial.key("read")
    trial.client().get(
        f"/v1/try/shared/{key}?token={key}", headers={"Authorization": f"Bearer {key}"}
    )
    assert key.secret not in str(trial.ask("select array_agg(k::text) from api_keys as k"))
    until(lambda: f" {key.id} 127.0.0.1" in trial.log.read_text())
    assert key.secret not in trial.log.read_text()


def test_the_last_use_is_noted_once_a_minute(trial: Api) -> None:
    key = trial.key("read")
    used = f"select last_used_at from api_keys where id = '{key.id}'"  # noqa: S608 - our own
    assert trial.ask(used) is None
    shows(trial, key)
    first = trial.ask(used)
    assert first is not None
    with serving(trial.config, settings=TRIAL) as other:  # remembers nothing yet
        assert shows(other, key).status_code == 200
    assert trial.ask(used) == first


def test_keys_are_listed_without_what_they_open(database_config: Config) -> None:
    keys = [made(database_config, "read", "jobs") for _ in range(2)]
    apikey(database_config, "revoke", keys[0].id)
    listed = apikey(database_config, "list").stdout
    assert all(f"crw_{key.id}" in listed and key.secret not in listed for key in keys)
    assert "revoked" in listed


@pytest.mark.parametrize("name", ["[/x]", "[red]x[/red]", ":skull: x"])
def test_a_name_of_a_key_is_text_on_a_terminal(database_config: Config, name: str) -> None:
    apikey(database_config, "create", "--name", name, "--scope", "read")
    done = apikey(database_config, "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert f" {name} " in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "expected create"),
        (["create", "--name", "a"], "--scope"),
        (["create", "--scope", "read"], "--name"),
        (["create", "--name", "a\nb", "--scope", "read"], "--name"),
        (["create", "--name", "a", "--scope", "read", "--expires", "soon"], "90d"),
        (["create", "--name", "a", "--scope", "write"], "invalid choice"),
        (["revoke"], "expected create"),
    ],
)
def test_a_command_that_is_wrong_makes_no_key(
    database_config: Config, words: list[str], expected: str
) -> None:
    done = apikey(database_config, *words)
    assert done.returncode == 2
    assert expected in done.stderr
    assert done.stdout == ""
    assert database_config.database_url is not None
    with connect(database_config.database_url.get_secret_value()) as connection:
        assert connection.execute("select from api_keys").rowcount == 0


def test_a_key_that_is_not_there_cannot_be_revoked(database_config: Config) -> None:
    done = apikey(database_config, "revoke", "crw_0123456789ab")
    assert done.returncode == 1
    assert done.stderr == "scrapy apikey: there is no key '0123456789ab'\n"
