"""What somebody made is theirs for the database, too: without any help of the API's code."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from pydantic import SecretStr

from crawlers.config import Config
from crawlers.storage.database import Database
from crawlers.storage.job_views import Choice, jobs, standing, units
from crawlers.storage.ownership import HIDDEN, LOOK, ROLE, Eyes, SeenDatabase, become, prepare
from tests.conftest import Server

OWNED = {
    "jobs": "id",
    "job_units": "job",
    "job_results": "job",
    "job_counts": "job",
    "job_workers": "job",
    "share_links": "job",
}
"""Tables that hold what somebody made, and the column that names the job."""


FILL = (
    "insert into jobs (id, source, arguments, owner) values (%(job)s, 'x', '{}', %(owner)s)",
    "insert into job_units (job, name) values (%(job)s, 'one')",
    "insert into job_results (job, table_name, key) values (%(job)s, 'x', array['a'])",
    "insert into job_workers (id, job) values (%(job)s, %(job)s)",
    "insert into share_links (id, hash, job) values (%(job)s, sha256('x'), %(job)s)",
)


@pytest.fixture(scope="module")
def url(postgres_server: Server) -> Iterator[str]:
    """Give a database with a job of each of two people and of nobody, and what belongs to it."""
    name = f"test_{uuid4().hex}"
    postgres_server.execute("create database {} template migrated", name)
    url = postgres_server.of(name)
    with psycopg.connect(url) as connection:
        connection.execute("alter table share_links drop constraint share_links_hash_key")
        for owner in ("usr_a", "usr_b", None):
            for statement in FILL:
                values = {"job": f"job-of-{owner}", "owner": owner}
                connection.execute(statement.encode(), values)
    yield url
    postgres_server.execute("drop database {} with (force)", name)


def as_api(url: str, eyes: Eyes | None) -> "psycopg.Connection[Any]":
    """Return a connection as the API has it."""
    assert prepare(url) == ROLE
    connection = psycopg.connect(url)
    connection.execute(sql.SQL("set role {}").format(sql.Identifier(ROLE)))
    if eyes is not None:
        connection.execute(LOOK, eyes.values)
    return connection


@pytest.mark.parametrize("table", OWNED)
@pytest.mark.parametrize(
    ("eyes", "expected"),
    [
        (None, set()),
        (Eyes(), set()),
        (Eyes("usr_a"), {"job-of-usr_a"}),
        (Eyes("usr_b", job="job-of-usr_a"), {"job-of-usr_b"}),
        (Eyes("usr_a", job="job-of-usr_a"), {"job-of-usr_a"}),
        (Eyes(link="job-of-usr_b", job="job-of-usr_b"), {"job-of-usr_b"}),
        (Eyes("'; set role none; --"), set()),
        (Eyes("usr_x", sees_all=True), {"job-of-usr_a", "job-of-usr_b", "job-of-None"}),
    ],
    ids=range(8),
)
def test_the_database_itself_shows_only_what_somebody_may_see(
    url: str, table: str, eyes: Eyes | None, expected: set[str]
) -> None:
    column = sql.Identifier(OWNED[table])
    query = sql.SQL("select distinct {} from {}").format(column, sql.Identifier(table))
    with as_api(url, eyes) as connection:
        assert {row[0] for row in connection.execute(query)} == expected


def test_the_database_lets_nobody_change_or_take_what_is_somebody_elses(url: str) -> None:
    with as_api(url, Eyes("usr_b")) as connection:
        for statement in (
            "update jobs set cancel_at = now() where id = 'job-of-usr_a'",
            "delete from job_results where job = 'job-of-usr_a'",
            "delete from share_links where job = 'job-of-usr_a'",
        ):
            assert connection.execute(statement.encode()).rowcount == 0
        with pytest.raises(InsufficientPrivilege):
            connection.execute("update jobs set owner = 'usr_a' where owner = 'usr_b'")


def test_who_has_a_link_changes_nothing(url: str) -> None:
    with as_api(url, Eyes(link="job-of-usr_a", job="job-of-usr_a")) as connection:
        assert connection.execute("update jobs set cancel_at = now()").rowcount == 0


@pytest.mark.parametrize("table", HIDDEN)
def test_the_api_s_role_cannot_even_read_who_may_come_in(url: str, table: str) -> None:
    query = sql.SQL("select from {}").format(sql.Identifier(table))
    with (
        pytest.raises(InsufficientPrivilege),
        as_api(url, Eyes("usr_x", sees_all=True)) as connection,
    ):
        connection.execute(query)


def test_every_table_with_an_owner_or_a_job_has_a_policy(url: str) -> None:
    query = """
        select distinct c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
          and a.attname in ('owner', 'job') and not c.relrowsecurity
    """
    with psycopg.connect(url) as connection:
        # What a crawl was for is no secret of who asked: administrators alone are shown it.
        assert {row[0] for row in connection.execute(query)} <= {"crawls"}


async def test_a_transaction_leaves_nothing_behind_for_the_next_one(
    url: str, tmp_path: Path
) -> None:
    config = Config(database_url=SecretStr(url), crawlers_home=tmp_path)
    database = Database(config, connections=1, becoming=prepare)
    mine = SeenDatabase(database, Eyes("usr_a", job="job-of-usr_a"))
    try:
        assert [job.id for job in await jobs(mine, Choice())] == ["job-of-usr_a"]
        assert await units(mine, "job-of-usr_a")
        assert await jobs(database, Choice()) == []
        assert await units(database, "job-of-usr_a") == []
        assert await standing(SeenDatabase(database, Eyes("usr_b")), "job-of-usr_a") is None
    finally:
        await database.close()


def test_a_login_that_may_make_no_roles_is_told_so_and_can_be_helped(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(url)  # somebody else's: the role is there, but not for this login
    with psycopg.connect(url, autocommit=True) as connection:
        names = {"login": sql.Identifier(f"login_{uuid4().hex}"), "role": sql.Identifier(ROLE)}

        def execute(statement: str) -> None:
            connection.execute(sql.SQL(statement).format(**names))

        execute("create role {login}")
        try:
            execute("set session authorization {login}")
            with caplog.at_level(logging.WARNING):
                assert become(connection) is None
            assert f"grant {ROLE} to" in caplog.text
            execute("reset session authorization")
            execute("grant {role} to {login}")
            execute("set session authorization {login}")
            assert become(connection) == ROLE
        finally:
            execute("reset session authorization")
            execute("drop role {login}")
