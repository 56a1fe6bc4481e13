"""``scrapy user`` and the first start: who may come in, from the command line."""

import subprocess

import pytest

from crawlers.config import Config
from crawlers.storage.users import User, create, users
from tests.accounts.team import CHEAP, Person, stored
from tests.api.serving import TRIAL, environment_of, serving
from tests.crawls.run import ROOT, Crawls


def user(config: Config, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run ``scrapy user``; *typed* is its standard input."""
    crawls = Crawls(config.home, environment_of(config))
    return subprocess.run(
        crawls.command("user", *words), cwd=ROOT, env=crawls.full_environment, input=typed,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def people(config: Config) -> dict[str, User]:
    """Return who is there."""
    return {one.name: one for one in stored(config, users)}


def test_a_person_is_made_changed_and_disabled(database_config: Config) -> None:
    made = user(database_config, "create", "Ada", "--role", "member", typed="a good long phrase\n")
    assert made.stdout == "ada may sign in now, as member.\n"
    assert user(database_config, "role", "ada", "reader").returncode == 0
    before = people(database_config)["ada"]
    assert before.role == "reader"
    done = user(database_config, "password", "ada", typed="another good phrase\n")
    assert done.returncode == 0
    assert people(database_config)["ada"].password != before.password
    assert user(database_config, "disable", "ada").returncode == 0
    listed = user(database_config).stdout
    assert "disabled" in listed
    assert "argon2" not in listed
    assert user(database_config, "enable", "ada").returncode == 0
    assert people(database_config)["ada"].disabled_at is None


@pytest.mark.parametrize(
    ("words", "typed", "code", "expected"),
    [
        (["create"], "", 2, "expected list, create"),
        (["create", "a b", "--role", "member"], "a good long phrase", 2, "a name has"),
        (["create", "ada"], "a good long phrase", 2, "create needs --role"),
        (["create", "ada", "--role", "boss"], "", 2, "invalid choice"),
        (["create", "ada", "--role", "member"], "short", 2, "a password has 12"),
        (["create", "ada", "--role", "member"], "abababababab", 2, "too easy"),
        (["create", "adalovelace12", "--role", "member"], "AdaLovelace12", 2, "too easy"),
        (["role", "ada", "boss"], "", 2, "expected list, create"),
        (["disable", "ada"], "", 1, "there is no person 'ada'"),
        (["list", "--role", "member"], "", 2, "only create takes --role"),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    database_config: Config, words: list[str], typed: str, code: int, expected: str
) -> None:
    done = user(database_config, *words, typed=typed)
    assert done.returncode == code
    assert expected in done.stderr
    assert done.stdout == ""
    assert people(database_config) == {}


def test_a_first_start_makes_an_administrator_whose_password_opens(
    database_config: Config,
) -> None:
    with serving(database_config, settings=TRIAL | {"API_ROUTERS": "crawlers.api.session"}) as api:
        words = api.said[0].split()
        admin = Person(api, "", words[3].rstrip(";"))
        answer = admin.signs_in(words[-1])
        assert answer.json()["role"] == "administrator"


def test_where_there_are_people_no_key_is_needed_to_be_reached(database_config: Config) -> None:
    stored(database_config, lambda database: create(database, "ada", "reader", CHEAP))
    with serving(database_config, "--host", "0.0.0.0") as api:  # noqa: S104 - the test is about it
        assert api.said == []


def test_a_key_of_a_person_is_made_by_the_command(database_config: Config) -> None:
    crawls = Crawls(database_config.home, environment_of(database_config))
    words = ("apikey", "create", "--name", "notebook", "--scope", "read", "--user")
    missing = crawls.run(*words, "ada")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "scrapy: there is no person 'ada'\n"
    user(database_config, "create", "ada", "--role", "reader", typed="a good long phrase\n")
    assert crawls.run(*words, "ada").stdout.startswith("crw_")
    assert "ada" in crawls.run("apikey", "list").stdout
