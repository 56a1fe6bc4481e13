"""Whether the API is up, whether what it needs is up, and what happens while it is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from crawlers.config import Config
from crawlers.storage.embedded import EmbeddedPostgres
from crawlers.storage.migrate import upgrade
from tests.api.serving import TRIAL, Api, serving, until
from tests.jobs.scrapyds import ScrapydServer
from tests.redis_server import RedisServer
from tests.storage.embedding import kill_server


def test_a_server_is_live_and_ready(server: Api) -> None:
    client = server.client()
    assert client.get("/health/live").json() == {"status": "live"}
    ready = {"status": "ready", "checks": {"database": "up", "raw_store": "up"}}
    until(lambda: client.get("/health/ready").json() == ready)
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_a_monitor_that_wants_no_body_gets_none(server: Api, path: str) -> None:
    client = server.client()
    until(lambda: client.head(path).status_code == 200)
    assert client.head(path).content == b""


def test_a_redis_that_is_down_is_told(database_config: Config) -> None:
    redis = RedisServer()
    with redis, serving(database_config, REDIS_URL=redis.url) as api:
        client = api.client()
        until(lambda: client.get("/health/ready").status_code == 200)
        assert client.get("/health/ready").json()["checks"]["redis"] == "up"
        redis.stop()
        alone = {"database": "up", "raw_store": "up", "redis": "down"}
        until(lambda: client.get("/health/ready").json()["checks"] == alone)
        down = client.get("/health/ready")
        assert (down.status_code, down.json()["status"]) == (503, "not ready")
        assert client.get("/health/live").status_code == 200
        redis.start()
        until(lambda: client.get("/health/ready").status_code == 200)


def test_one_scrapyd_is_enough_and_none_is_told(database_config: Config, tmp_path: Path) -> None:
    with (
        RedisServer() as redis,
        ScrapydServer(tmp_path / "one", {}) as one,
        ScrapydServer(tmp_path / "two", {}) as two,
        serving(database_config, REDIS_URL=redis.url, SCRAPYD_URLS=f"{one.url},{two.url}") as api,
    ):
        client = api.client()
        one.stop()
        until(lambda: client.get("/health/ready").json()["checks"]["scrapyd"] == "up")
        two.stop()
        until(lambda: client.get("/health/ready").json()["checks"]["scrapyd"] == "down")
        two.start()
        until(lambda: client.get("/health/ready").status_code == 200)
        one.start()


def test_a_store_that_cannot_be_written_is_told(database_config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with serving(database_config, RAW_STORE_URL=folder.as_uri()) as api:
        folder.rename(tmp_path / "elsewhere")
        folder.write_text("no folder")
        assert api.client().get("/health/ready").json()["checks"]["raw_store"] == "down"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """Give a database server that may be killed."""
    server = EmbeddedPostgres(tmp_path)
    yield server
    server.close()


def test_without_its_database_it_asks_to_come_back_and_comes_back_by_itself(
    own: EmbeddedPostgres, tmp_path: Path
) -> None:
    upgrade(own.url())
    config = Config(database_url=SecretStr(own.url()), crawlers_home=tmp_path)
    with serving(config, settings=TRIAL) as api:
        client = api.client("read")
        assert client.get("/v1/try/rows").json() == {"count": 0}
        kill_server(own)
        away = client.get("/v1/try/rows")
        assert away.status_code == 503
        assert away.headers["Retry-After"] == "2"
        assert "socket" not in away.text
        until(lambda: client.get("/health/ready").json()["checks"]["database"] == "down")
        assert client.get("/health/live").status_code == 200
        own.url()
        until(lambda: client.get("/v1/try/rows").status_code == 200)
        until(lambda: client.get("/health/ready").status_code == 200)
