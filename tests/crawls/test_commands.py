"""The command line: wrong use, tables, psql, migrate."""

import json
from pathlib import Path

import pytest

from crawlers.config import Config
from tests.crawls.run import ROOT, Crawls
from tests.crawls.site import site

WALK = {"SPIDER_MODULES": "tests.crawls"}
VERSIONS = ROOT / "crawlers" / "storage" / "migrations" / "versions"


@pytest.mark.parametrize(
    ("words", "arguments", "expected"),
    [
        (["crawl", "lichess"], {"playrs": "a"}, "unknown argument 'playrs'"),
        (["crawl", "lychess"], {}, "unknown spider 'lychess'"),
        (["crawl"], {}, "give the name of one spider"),
        (["reparse", "lichess"], {"players": "anna"}, "reparse takes none"),
    ],
)
def test_wrong_use_is_one_clear_line_and_exit_code_2(
    crawls: Crawls, words: list[str], arguments: dict[str, str], expected: str
) -> None:
    done = crawls.run(*words, settings={"LOG_ENABLED": 0}, **arguments)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert expected in line
    assert not (crawls.home / "postgres").exists()


def test_a_wrong_variable_is_one_clear_line_and_exit_code_2(crawls: Crawls) -> None:
    crawls.environment["DATABASE_URL"] = "mysql://me:hunter2@db/x"
    done = crawls.run("crawl", "lichess", settings={"LOG_ENABLED": 0}, players="anna")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "DATABASE_URL" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("command", ["fetch", "shell", "view", "parse"])
def test_who_only_looks_is_told_of_a_wrong_variable_too(crawls: Crawls, command: str) -> None:
    crawls.environment["PROXY_URLS"] = "socks5://payer:hunter2@vendor.test:1"
    done = crawls.run(command, "http://127.0.0.1:9/")
    assert done.returncode == 2
    assert "PROXY_URLS is wrong" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


async def test_tables_show_what_is_stored_and_the_last_crawls(crawls: Crawls) -> None:
    async with site() as one:
        await crawls.run_async("crawl", "walk", settings=WALK, origin=one.origin, paths="/1,/2")
    done = await crawls.run_async("tables")
    assert done.returncode == 0, done.stderr
    assert "chess_rating_points" in done.stdout
    assert "completed" in done.stdout


def test_psql_answers_a_statement(crawls: Crawls) -> None:
    done = crawls.run("psql", "-c", "select 6 * 7 as answer")
    assert done.returncode == 0, done.stderr
    assert "42" in done.stdout


def test_psql_needs_no_other_client_for_a_server_of_ones_own(
    crawls: Crawls, database_config: Config, tmp_path: Path
) -> None:
    assert database_config.database_url is not None
    crawls.environment["DATABASE_URL"] = database_config.database_url.get_secret_value()
    crawls.environment["PATH"] = str(tmp_path)
    done = crawls.run("psql", "-c", "select 6 * 7 as answer")
    assert (done.returncode, "42" in done.stdout) == (0, True), done.stderr


def test_psql_passes_on_the_exit_code_of_a_wrong_statement(crawls: Crawls) -> None:
    assert crawls.run("psql", "-c", "select nonsense").returncode != 0


def test_migrate_says_where_the_database_stands(crawls: Crawls) -> None:
    done = crawls.run("migrate")
    assert done.returncode == 0, done.stderr
    newest = max(path.stem[:4] for path in VERSIONS.glob("[0-9]*.py"))
    assert newest in done.stdout


def test_an_origin_on_a_private_address_is_refused_without_test_mode(crawls: Crawls) -> None:
    crawls.environment["CRAWLERS_TEST"] = "0"
    done = crawls.run("crawl", "lichess", players="anna", origin="http://127.0.0.1:9")
    assert done.returncode == 2
    assert "private address" in done.stderr


def test_every_command_has_help(crawls: Crawls) -> None:
    for command in ("crawl", "reparse", "tables", "psql", "migrate", "storage", "gender", "forget"):
        done = crawls.run(command, "--help")
        assert done.returncode == 0, done.stderr
        assert command in done.stdout


async def test_log_lines_are_json_where_asked(crawls: Crawls) -> None:
    crawls.environment["LOG_FORMAT"] = "json"
    log = crawls.home / "log.jsonl"
    async with site() as one:
        done = await crawls.run_async(
            "crawl", "walk", "--logfile", str(log), settings=WALK, origin=one.origin, after="bug"
        )
    assert done.returncode == 1
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"time", "level", "logger", "message"} <= lines[0].keys()
    assert any("a bug of the spider" in line.get("error", "") for line in lines)
