"""Migrations: once, by one at a time, and never backwards."""

import re
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter

import psycopg
import pytest

from crawlers.config import Config
from crawlers.errors import MigrationError
from crawlers.storage.migrate import FOLDER, head, migrate_to, upgrade
from tests.conftest import Server


def tables(url: str) -> set[str]:
    """Return the names of the tables at *url*."""
    query = "select tablename from pg_tables where schemaname = 'public'"
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(query)}


def address(config: Config) -> str:
    """Return the address in *config*."""
    assert config.database_url is not None
    return config.database_url.get_secret_value()


def test_ten_who_migrate_at_once_end_with_one_schema(postgres_server: Server) -> None:
    postgres_server.execute("create database {}", "at_once")
    url = postgres_server.of("at_once")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(upgrade, [url] * 10))
    assert tables(url) == tables(postgres_server.of("migrated"))
    postgres_server.execute("drop database {} with (force)", "at_once")


def test_a_database_that_is_newer_than_the_program_is_refused(database_config: Config) -> None:
    url = address(database_config)
    with psycopg.connect(url) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(MigrationError, match="9999"):
        upgrade(url)


def test_a_migration_that_fails_leaves_what_was_there(database_config: Config) -> None:
    url = address(database_config)
    with psycopg.connect(url) as connection:
        connection.execute("drop table alembic_version")
    before = tables(url)
    with pytest.raises(MigrationError, match="raw_pages"):
        upgrade(url)
    assert tables(url) - {"alembic_version"} == before


def test_each_file_names_its_revision_and_follows_the_one_before() -> None:
    before = None
    files = [one for one in (FOLDER / "versions").iterdir() if re.match(r"\d+.*\.py", one.name)]
    for path in sorted(files, key=attrgetter("name")):
        lines = path.read_text().splitlines()
        number = path.name.split("_")[0]
        assert f'revision = "{number}"' in lines
        assert f"down_revision = {before}" in lines
        before = f'"{number}"'
    assert before == f'"{head()}"'


def test_jobs_of_before_are_counted_and_go_on_or_are_told_to_begin_anew(
    postgres_server: Server,
) -> None:
    postgres_server.execute("create database {}", "with_jobs")
    url = postgres_server.of("with_jobs")
    migrate_to(url, "0008")
    with psycopg.connect(url) as connection:
        connection.execute("""
            insert into jobs (id, source, arguments, status) values
                ('done', 'vlr', '{}', 'completed'), ('goes on', 'vlr', '{"pages": 2}', null),
                ('lists', 'lichess', '{"players": ["a"]}', null)
        """)
        connection.execute("""
            insert into job_units (job, name, status, requests, failed) values
                ('done', 'GET /', 'done', 3, 1), ('goes on', 'GET /', 'done', 2, 0),
                ('goes on', 'GET /2', null, 0, 0), ('lists', 'GET /a', null, 0, 0)
        """)
    upgrade(url)
    with psycopg.connect(url) as connection:
        jobs = connection.execute(
            "select id, status, left(reason, 25), started_at = created_at from jobs order by id"
        ).fetchall()
        sums = connection.execute(
            "select job, name, n from job_counts where n > 0 order by 1, 2"
        ).fetchall()
    assert jobs == [
        ("done", "completed", None, True),
        ("goes on", None, None, True),
        ("lists", "failed", "begun by an older version", True),
    ]
    assert sums == [
        ("done", "requests", 3), ("done", "requests/failed", 1), ("done", "unit/done", 1),
        ("goes on", "requests", 2), ("goes on", "unit/done", 1), ("goes on", "unit/open", 1),
        ("lists", "unit/failed", 1),
    ]  # fmt: skip
    postgres_server.execute("drop database {} with (force)", "with_jobs")
