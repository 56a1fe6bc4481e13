"""Configuration from the environment."""

from collections.abc import Iterator

import pytest

from crawlers.config import config
from crawlers.errors import ConfigError


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    config.cache_clear()
    yield
    config.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", "mysql://me:hunter2@db/x", "postgresql://"),
        ("DATABASE_URL", "postgresql://me:hunter2%zz@db/x", "percent-encoded"),
        ("DATABASE_URL", "postgresql://me:p@hunter2@db/x", "percent-encoded"),
        ("RAW_STORE_URL", "ftp://hunter2@store", "s3://bucket"),
        ("SCRAPYD_URLS", "ftp://me:hunter2@node:6800", "http://user:password"),
        ("SCRAPYD_URLS", "http://me:hunter2@node:x", "http://user:password"),
        ("SCRAPYD_URLS", "http://me:hunter2@one:1,http://me:hunter2@two:1", "with REDIS_URL"),
        ("SCRAPYD_URLS", "http://me:hunter2@one:1,http://one:1", "each once"),
        ("SCRAPYD_PROJECT", "hunter2/..", "name of a project"),
        ("LICHESS_TOKEN", "hunter2 with spaces", "token"),
        ("APIFY_TOKEN", "hunter2 with spaces", "token"),
        ("LOG_FORMAT", "hunter2", "text or json"),
        ("CRAWLERS_TEST", "hunter2", "loopback"),
    ],
)
def test_a_wrong_value_names_the_variable_and_never_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        config()
    assert name in str(caught.value)
    assert expected in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHESS_TOKEN", "lip_hunter2")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@db/x")
    assert "hunter2" not in repr(config())


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert config().database_url is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p%40ss@db.example:5432/crawls?sslmode=require",
        "postgres:///crawls?host=/run/postgresql",
        "postgresql://me@[::1]:5432/crawls",
        "postgresql://one,two/crawls",
    ],
)
def test_addresses_that_libpq_takes_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    read = config().database_url
    assert read is not None
    assert read.get_secret_value() == url
