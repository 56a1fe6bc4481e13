"""The audit log: what it tells, and that nobody rewrites it."""

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from tests.accounts.team import Person, showing
from tests.api.serving import Api
from tests.api.test_sharing import job_of, link_to


def test_what_happens_to_a_person_is_told_in_its_order(api: Api) -> None:
    admin = Person.of(api, "administrator")
    client = admin.client()
    new = {"name": "Grace", "role": "member", "password": "a good long phrase"}
    assert client.post("/v1/people", json=new).status_code == 201
    assert client.post("/v1/people", json=new).status_code == 409
    grace = Person(api, api.ask("select id from users where name = 'grace'"), "grace")
    grace.signs_in("wrong")
    assert grace.signs_in("a good long phrase").status_code == 200
    for change in ({"role": "reader"}, {"password": "another good phrase"}, {"is_disabled": True}):
        assert client.patch("/v1/people/grace", json=change).status_code == 200
    assert grace.events() == [
        "person made", "sign-in failed", "signed in", "role changed", "password changed",
        "person disabled",
    ]  # fmt: skip
    lines = client.get("/v1/audit", params={"who": grace.id}).json()["lines"]
    assert [line["event"] for line in reversed(lines)] == grace.events()
    made = lines[-1]
    assert (made["actor_name"], made["subject_name"]) == (admin.name, "grace")
    assert (made["detail"], made["address"]) == ("member", "127.0.0.1")


def test_keys_and_links_are_in_it(ada: Person) -> None:
    client = ada.client()
    key = client.post("/v1/keys", json={"name": "k", "scopes": ["jobs"]}).json()
    job = job_of(client)
    link = link_to(showing(ada.api, key["key"]), job)
    client.delete(f"/v1/jobs/{job}/links/{link['id']}")
    client.delete(f"/v1/keys/{key['id']}")
    query = f"select array_agg(event order by id) from audit_log where actor = '{ada.id}'"  # noqa: S608
    assert ada.api.ask(query) == [
        "signed in", "key made", "link made", "link revoked", "key revoked",
    ]  # fmt: skip


def test_the_log_goes_on_page_by_page(api: Api) -> None:
    client = Person.of(api, "administrator").client()
    first = client.get("/v1/audit", params={"limit": 2}).json()
    second = client.get(first["next"]).json()
    ids = [int(line["id"]) for line in first["lines"] + second["lines"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_log set event = 'nothing'",
        "delete from audit_log",
        "delete from audit_log where id = 1",
        "truncate audit_log cascade",
        "merge into audit_log using users on true when matched then update set event = 'x'",
    ],
)
def test_even_who_owns_the_table_only_adds_to_it(ada: Person, statement: str) -> None:
    ada.tokens()
    before = ada.api.ask("select count(*) from audit_log")
    with (
        pytest.raises(InsufficientPrivilege, match="only added to"),
        psycopg.connect(ada.api.database_url) as connection,
    ):
        connection.execute(statement.encode())
    assert ada.api.ask("select count(*) from audit_log") == before


def test_addresses_are_forgotten_after_some_time_and_the_log_stays(ada: Person) -> None:
    ada.tokens()
    ada.api.execute("update audit_addresses set at = now() - interval '91 days'")
    before = ada.api.ask("select count(*) from audit_log")
    ada.tokens()
    assert ada.api.ask("select count(*) from audit_addresses") == 1
    assert ada.api.ask("select count(*) from audit_log") == before + 1
