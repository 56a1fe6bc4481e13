"""Migrations: once, by one at a time, and never backwards."""

import re
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter

import psycopg
import pytest

from crawlers.config import Config
from crawlers.errors import MigrationError
from crawlers.storage.migrate import FOLDER, head, upgrade
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
    postgres_server.execute("drop database {}", "at_once")


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
