"""People whom an identity provider signs in, and tokens that only look as if it had."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crawlers.api.identity import IdentityProvider, Token
from crawlers.config import Config, config
from crawlers.errors import ConfigError, ProviderError
from crawlers.storage.database import Database
from tests.accounts.conftest import SETTINGS
from tests.accounts.issuer import Issuer, issuing
from tests.accounts.team import Person, cookie_header, ends, goes_on, showing
from tests.api.serving import Api, environment_of, running_api, until
from tests.conftest import Server
from tests.crawls.run import Crawls


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Run an identity provider."""
    with issuing() as one:
        yield one


@pytest.fixture(scope="module")
def api(
    issuer: Issuer, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """Run an API that trusts it."""
    environment = {
        "AUTH_ISSUER": issuer.url,
        "AUTH_PARTIES": "https://app.example.com,https://other.example.com",
        "AUTH_ORGANISATION": "org_synthetic1",
        "AUTH_ROLE": "member",
        "API_RATE": "1000000/minute",
    }
    with running_api(postgres_server, tmp_path_factory, settings=SETTINGS, **environment) as one:
        yield one


def shows(api: Api, token: str) -> httpx.Response:
    """Ask who asks, showing *token*."""
    return api.client().get("/v1/session", headers={"Authorization": f"Bearer {token}"})


def test_whom_the_provider_signs_in_becomes_a_person_once(api: Api, issuer: Issuer) -> None:
    for _ in range(2):
        who = shows(api, issuer.signed(sub="user_new")).json()
        assert who["name"] == f"user_new@{issuer.url.removeprefix('http://')}"
        assert (who["role"], who["scopes"]) == ("member", ["jobs", "read"])
    assert api.ask("select count(*) from users where subject = 'user_new'") == 1


def test_a_person_of_a_provider_is_kept_by_the_name_that_is_shown(api: Api, issuer: Issuer) -> None:
    name = shows(api, issuer.signed(sub="user_2NxT9kQ")).json()["name"]
    assert name.startswith("user_2NxT9kQ@")
    admin = Person.of(api, "administrator").client()
    answer = admin.patch(f"/v1/people/{name}", json={"role": "reader"})
    assert (answer.status_code, answer.json()["role"]) == (200, "reader")
    key = ("apikey", "create", "--name", "k", "--scope", "read", "--user", name)
    for words in (("user", "role", name, "member"), key, ("user", "disable", name)):
        done = Crawls(api.config.home, environment_of(api.config)).run(*words)
        assert done.returncode == 0, done.stderr
    until(lambda: shows(api, issuer.signed(sub="user_2NxT9kQ")).status_code == 401)


def test_the_keys_are_fetched_once_for_many_tokens(api: Api, issuer: Issuer) -> None:
    shows(api, issuer.signed())
    before = issuer.asked
    for number in range(10):
        assert shows(api, issuer.signed(sub=f"user_{number}")).status_code == 200
    assert issuer.asked - before <= 1  # they may just have become old


def test_jobs_are_the_persons_whatever_token_is_shown(api: Api, issuer: Issuer) -> None:
    first, second = issuer.signed(sub="user_a", jti="1"), issuer.signed(sub="user_a", jti="2")
    client = api.client(headers={"Authorization": f"Bearer {first}"})
    job = {"source": "errand", "units": ["/1"]}
    address = client.post("/v1/jobs", json=job).headers["Location"]
    assert client.get(address, headers={"Authorization": f"Bearer {second}"}).status_code == 200
    other = issuer.signed(sub="user_b")
    assert client.get(address, headers={"Authorization": f"Bearer {other}"}).status_code == 404


def test_the_cookie_of_the_providers_own_scripts_is_taken(api: Api, issuer: Issuer) -> None:
    cookie = cookie_header({"__session_abc": issuer.signed()})
    answer = api.client().get("/v1/session", headers=cookie)
    assert answer.status_code == 200
    headers = cookie | {"Sec-Fetch-Site": "cross-site"}
    job = {"source": "errand", "units": ["/1"]}
    assert api.client().post("/v1/jobs", json=job, headers=headers).status_code == 403


ACCEPTED: dict[str, dict[str, Any]] = {
    "version 1": {"v": None, "o": None, "org_id": "org_synthetic1", "org_role": "org:admin"},
    "another page of ours": {"azp": "https://other.example.com"},
    "an audience that nobody asked for": {"aud": "somebody"},
    "by a clock that is a little ahead": {"nbf": 3, "iat": 3},
}
REFUSED: dict[str, dict[str, Any]] = {
    "expired": {"exp": -60},
    "not yet good": {"nbf": 60},
    "issued in the future": {"iat": 600},
    "of another issuer": {"iss": "https://evil.example"},
    "of no issuer": {"iss": None},
    "without an end": {"exp": None},
    "without a beginning": {"nbf": None},
    "without a subject": {"sub": None},
    "a subject that is no name": {"sub": "a b\n"},
    "a subject that is a number": {"sub": 7},
    "of a page of somebody else": {"azp": "https://evil.example"},
    "of no page": {"azp": None},
    "of no organisation yet": {"sts": "pending"},
    "of another organisation": {"o": {"id": "org_other"}},
    "of no organisation": {"o": None},
    "an organisation that is no object": {"o": "org_synthetic1"},
    "of somebody who acts for another": {"act": {"sub": "user_456"}},
}


def token_of(issuer: Issuer, changes: dict[str, Any]) -> str:
    """Return a token with *changes*; small instants count from now."""
    instants = {name: int(time.time()) + value for name, value in changes.items()
                if name in {"exp", "nbf", "iat"} and value is not None}  # fmt: skip
    return issuer.signed(**changes | instants)


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_claims_that_are_as_they_should_be(
    api: Api, issuer: Issuer, changes: dict[str, Any]
) -> None:
    assert shows(api, token_of(issuer, changes)).status_code == 200


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_claims_that_open_nothing(api: Api, issuer: Issuer, changes: dict[str, Any]) -> None:
    assert shows(api, token_of(issuer, changes)).status_code == 401


def _unsigned(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), "", "none", headers={"kid": next(iter(issuer.keys))})


def _by_public_key(issuer: Issuer) -> str:
    """Sign with what everybody knows, as if it were a secret (confusion of algorithms)."""
    key = next(iter(issuer.keys.values())).public_key()
    secret = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body, _ = jwt.encode(issuer.claims(), "x" * 32, "HS256", headers={"kid": "first"}).split(
        "."
    )
    algorithm = jwt.get_algorithm_by_name("HS256")
    sign = algorithm.sign(f"{head}.{body}".encode(), secret)
    return f"{head}.{body}.{urlsafe_b64encode(sign).decode().rstrip('=')}"


def _by_another_key(issuer: Issuer) -> str:
    key = generate_private_key(65537, 2048)
    return jwt.encode(issuer.claims(), key, "RS256", headers={"kid": next(iter(issuer.keys))})


def _of_no_key(issuer: Issuer) -> str:
    [key] = issuer.keys.values()
    return jwt.encode(issuer.claims(), key, "RS256")


def _with_other_claims(issuer: Issuer) -> str:
    head, _, sign = issuer.signed().split(".")
    body = issuer.signed(sub="user_admin").split(".")[1]
    return f"{head}.{body}.{sign}"


def _stronger(issuer: Issuer) -> str:
    [(kid, key)] = issuer.keys.items()
    return jwt.encode(issuer.claims(), key, "RS512", headers={"kid": kid})


def _critical(issuer: Issuer) -> str:
    [(kid, key)] = issuer.keys.items()
    return jwt.encode(issuer.claims(), key, "RS256", headers={"kid": kid, "crit": ["x"], "x": 1})


@pytest.mark.parametrize(
    "forge",
    [_unsigned, _by_public_key, _by_another_key, _of_no_key, _with_other_claims, _stronger,
     _critical],
)  # fmt: skip
def test_what_the_provider_has_not_signed_opens_nothing(
    api: Api, issuer: Issuer, forge: Callable[[Issuer], str]
) -> None:
    assert shows(api, forge(issuer)).status_code == 401


def test_a_key_that_was_rotated_away_opens_nothing_and_the_new_one_does(
    api: Api, issuer: Issuer
) -> None:
    old = issuer.signed(sub="user_rotated")
    assert shows(api, old).status_code == 200
    issuer.rotate("second")
    until(lambda: shows(api, issuer.signed(sub="user_rotated")).status_code == 200)
    until(lambda: shows(api, old).status_code == 401)


def test_keys_that_nobody_knows_are_not_asked_for_each_time(api: Api, issuer: Issuer) -> None:
    [key] = issuer.keys.values()
    before = issuer.asked
    for number in range(20):
        token = jwt.encode(issuer.claims(), key, "RS256", headers={"kid": f"unknown-{number}"})
        assert shows(api, token).status_code == 401
    assert issuer.asked - before < 20


def test_what_has_begun_outlives_its_token_but_not_its_person(api: Api, issuer: Issuer) -> None:
    token = issuer.signed(sub="user_long", exp=int(time.time()) + 3)
    client = showing(api, token)
    job = client.post("/v1/jobs", json={"source": "errand", "units": ["/1"]}).headers["Location"]
    with client.stream("GET", f"{job}/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: progress"
        until(lambda: shows(api, token).status_code == 401)
        assert goes_on(api, lines)
        Person(api, api.ask("select id from users where subject = 'user_long'"), "").is_disabled()
        assert ends(api, lines)


def test_who_was_disabled_here_stays_out(api: Api, issuer: Issuer) -> None:
    token = issuer.signed(sub="user_gone")
    assert shows(api, token).status_code == 200
    who = api.ask("select id from users where subject = 'user_gone'")
    Person(api, who, "").is_disabled()
    until(lambda: shows(api, token).status_code == 401)


def test_nobody_takes_a_name_that_somebody_has(api: Api, issuer: Issuer) -> None:
    host = issuer.url.removeprefix("http://")
    taken = f"('usr_taken', 'user_taken@{host}', 'administrator')"
    api.execute(f"insert into users (id, name, role) values {taken}")  # noqa: S608 - our own
    assert shows(api, issuer.signed(sub="user_taken")).status_code == 401


async def test_while_the_provider_is_away_nobody_is_told_that_he_is_unknown(
    database_config: Config, issuer: Issuer
) -> None:
    database = Database(database_config)
    config = database_config.model_copy(update={"auth_issuer": issuer.url})
    provider, token = IdentityProvider(config, database), Token(issuer.signed())
    try:
        issuer.is_up, before = False, issuer.asked
        for _ in range(3):
            with pytest.raises(ProviderError, match="does not answer"):
                await provider.find(token)
        assert issuer.asked == before + 1  # and it is left alone for a while
        issuer.is_up = True
        provider = IdentityProvider(config, database)
        assert await provider.find(token) is not None
    finally:
        await database.close()


@pytest.mark.parametrize("said", [b"<html>back soon</html>", b"\xff", b'{"keys": []}', None])
async def test_a_provider_that_says_nothing_of_its_keys_is_as_one_that_is_away(
    database_config: Config, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, said: bytes | None
) -> None:
    database = Database(database_config)
    monkeypatch.setattr(issuer, "says", said)
    monkeypatch.setattr(issuer, "hangs_up", said is None)
    config = database_config.model_copy(update={"auth_issuer": issuer.url})
    provider, token = IdentityProvider(config, database), Token(issuer.signed())
    try:
        with pytest.raises(ProviderError, match="does not answer"):
            await provider.find(token)
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_ISSUER", "clerk.example.com"),
        ("AUTH_ISSUER", "http://clerk.example.com"),
        ("AUTH_ISSUER", "https://clerk.example.com/"),
        ("AUTH_JWKS_URL", "file:///etc/passwd"),
        ("AUTH_ROLE", "root"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    config.cache_clear()
    with pytest.raises(ConfigError, match=name):
        config()
    config.cache_clear()
