"""Names and passwords: who gets in, who does not, and how often somebody may try."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crawlers.config import Config
from tests.accounts.team import CHEAP, PASSWORD, Person, is_in, showing
from tests.api.serving import Api, serving, until, within_one


def test_who_signs_in_is_known_by_name_and_role(ada: Person) -> None:
    tokens = ada.tokens()
    assert (tokens["name"], tokens["role"]) == (ada.name, "member")
    who = showing(ada.api, tokens["access_token"]).get("/v1/session").json()
    assert who == {"name": ada.name, "role": "member", "scopes": ["jobs", "read"], "key": None}


def test_a_name_is_the_same_in_capitals(ada: Person) -> None:
    assert Person(ada.api, ada.id, f" {ada.name.upper()}").signs_in().status_code == 200


def test_nobody_learns_who_is_there(ada: Person) -> None:
    stranger = Person(ada.api, "", "not-" + ada.name)
    gone = Person.of(ada.api, "member")
    gone.is_disabled()
    answers = [ada.signs_in("wrong"), stranger.signs_in(), gone.signs_in(), gone.signs_in("wrong")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("name", ["", "a b", "\x00", "ада", "'; drop table users; --", "x" * 150])
def test_what_is_no_name_is_nobodys(api: Api, name: str) -> None:
    assert Person(api, "", name).signs_in().status_code == 401


@pytest.mark.parametrize("password", ["\\u0000", "\\ud800", "\ud800", "x" * 1500])
def test_what_is_no_password_opens_nothing(ada: Person, password: str) -> None:
    body = f'{{"name": "{ada.name}", "password": "{password}"}}'
    answer = ada.api.client().post(
        "/v1/session",
        content=body.encode("utf-8", "surrogatepass"),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 401, 422}


def test_strangers_send_no_more_than_signing_in_takes(api: Api) -> None:
    json = {"Content-Type": "application/json"}
    for size, status in ((60_000, 422), (70_000, 413)):
        body = b'["' + size * b"x" + b'"]'
        assert api.client().post("/v1/session", content=body, headers=json).status_code == status
        chunks = (body[at : at + 1000] for at in range(0, len(body), 1000))
        assert api.client().post("/v1/session", content=chunks, headers=json).status_code == status


def test_a_stored_hash_moves_with_the_parameters(ada: Person) -> None:
    stored = f"select password from users where id = '{ada.id}'"  # noqa: S608 - our own
    assert ada.api.ask(stored) == CHEAP
    ada.tokens()
    moved = ada.api.ask(stored)
    assert moved.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    ada.tokens()
    assert ada.api.ask(stored) == moved


def test_neither_log_nor_database_holds_what_was_typed(ada: Person) -> None:
    ada.signs_in("my secret typing")
    Person(ada.api, "", "typed-secret-as-name").signs_in()
    token = ada.tokens()["access_token"]
    assert is_in(ada.api, token)
    until(lambda: f" {ada.id} 127.0.0.1" in ada.api.log.read_text())
    everything = ada.api.log.read_text()
    for table in ("users", "sessions", "refresh_tokens", "audit_log", "audit_addresses"):
        everything += str(ada.api.ask(f"select array_agg(t::text) from {table} as t"))  # noqa: S608
    for secret in (PASSWORD, "my secret typing", "typed-secret-as-name", token.split("_", 2)[2]):
        assert secret not in everything


def test_guesses_of_one_name_end_even_if_they_are_sent_at_the_same_time(ada: Person) -> None:
    within_one(15 * 60)
    with ThreadPoolExecutor(14) as threads:
        answers = list(threads.map(ada.signs_in, [f"guess {n}" for n in range(14)]))
    assert sorted(one.status_code for one in answers) == [401] * 10 + [429] * 4
    refused = ada.signs_in()
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 30 * 60
    assert Person.of(ada.api, "reader").signs_in().status_code == 200


def test_who_knows_the_password_is_counted_anew(ada: Person) -> None:
    for _ in range(3):
        assert [ada.signs_in("wrong").status_code for _ in range(4)] == [401] * 4
        assert ada.signs_in().status_code == 200


def test_one_address_may_not_try_all_names(database_config: Config) -> None:
    with serving(database_config, settings={"SIGN_IN_PER_ADDRESS": "3 per hour"}) as api:
        within_one(3600)
        statuses = [Person(api, "", f"name-{n}").signs_in().status_code for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_a_new_password_ends_all_sessions(ada: Person) -> None:
    first, second = ada.tokens(), ada.tokens()
    client = showing(ada.api, first["access_token"])
    change = "/v1/people/me/password"
    refused = client.post(change, json={"old": "wrong", "new": "another good phrase"})
    assert refused.status_code == 401
    weak = client.post(change, json={"old": PASSWORD, "new": "short"})
    assert weak.json()["errors"][0]["field"] == "body.new"
    body = {"old": PASSWORD, "new": "another good phrase"}
    assert client.post(change, json=body).status_code == 204
    assert not is_in(ada.api, first["access_token"])
    assert not is_in(ada.api, second["access_token"])
    assert ada.signs_in().status_code == 401
    assert ada.signs_in("another good phrase").status_code == 200
    assert "password changed" in ada.events()


def test_a_key_changes_no_password(ada: Person) -> None:
    client = showing(ada.api, ada.key("read"))
    body = {"old": PASSWORD, "new": "another good phrase"}
    assert client.post("/v1/people/me/password", json=body).status_code == 403
