"""How often somebody may ask, how much they may send, and who else may ask from a browser."""

import time
from collections.abc import Iterator

import httpx
import pytest

from crawlers.api.entering import address_of
from crawlers.api.keys import FRESH_S
from crawlers.config import Config
from tests.api.serving import TRIAL, Api, serving, until, within_one
from tests.redis_server import RedisServer

SLOW = {"API_RATE": "5/hour"}
HOUR_S = 3600


def statuses(client: httpx.Client, count: int, path: str = "/v1/try/me") -> list[int]:
    """Return how *count* requests are answered, one after another."""
    return [client.get(path).status_code for _ in range(count)]


def test_who_asks_too_often_is_told_when_to_come_back(database_config: Config) -> None:
    with serving(database_config, settings=TRIAL, **SLOW) as api:
        client, other = api.client("read"), api.client("read")
        within_one(HOUR_S)
        first = client.get("/v1/try/me")
        assert first.headers["RateLimit-Policy"] == '"default";q=5;w=3600'
        assert first.headers["RateLimit"].startswith('"default";r=4;t=')
        assert statuses(client, 5) == [200, 200, 200, 200, 429]
        refused = client.get("/v1/try/me")
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
        assert refused.headers["RateLimit"].startswith('"default";r=0;t=')
        assert refused.json()["status"] == 429
        assert statuses(other, 1) == [200]
        assert statuses(client, 1, "/health/live") == [200]


def test_all_servers_of_one_redis_count_together(database_config: Config) -> None:
    with RedisServer() as redis:
        environment = SLOW | {"REDIS_URL": redis.url}
        with (
            serving(database_config, settings=TRIAL, **environment) as one,
            serving(database_config, settings=TRIAL, **environment) as two,
        ):
            client = one.client("read")
            elsewhere = two.client(headers=client.headers)
            within_one(HOUR_S)
            assert statuses(client, 3) == [200] * 3
            assert statuses(elsewhere, 3) == [200, 200, 429]
            assert statuses(client, 1) == [429]


def test_without_its_redis_a_server_counts_for_itself(database_config: Config) -> None:
    redis = RedisServer()
    with (
        redis,
        serving(database_config, settings=TRIAL, REDIS_URL=redis.url, **SLOW) as api,
    ):
        client = api.client("read")
        within_one(HOUR_S)
        assert statuses(client, 1) == [200]
        redis.stop()
        assert statuses(client, 6) == [200] * 5 + [429]
        redis.start()  # which has counted one request
        until(lambda: statuses(client, 1) == [200])


def test_an_address_that_guesses_keys_is_stopped(database_config: Config) -> None:
    with serving(database_config, settings=TRIAL, API_RATE="50/hour") as api:
        good = api.client("read")
        within_one(HOUR_S)
        assert statuses(good, 1) == [200]
        guessing = api.client(headers={"Authorization": "Bearer crw_guessed"})
        assert statuses(guessing, 7) == [401] * 5 + [429] * 2
        assert statuses(good, 1) == [200]  # known already: of the same address, but no guess
        time.sleep(FRESH_S)
        assert statuses(good, 1) == [200], "it is asked for anew, and still no guess"
        assert statuses(api.client("read"), 1) == [429]


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "local"),
    ],
)
def test_an_address_is_counted_as_who_has_it(host: str, counted: str) -> None:
    assert address_of({"client": (host, 1)}) == counted


@pytest.fixture(scope="module")
def small() -> dict[str, str]:
    """Give the environment of a server that takes small bodies."""
    return {"API_BODY_MAX": "2000", "API_CORS_ORIGINS": "https://a.example,https://b.example"}


@pytest.fixture
def careful(database_config: Config, small: dict[str, str]) -> Iterator[Api]:
    """Give a server with limits to bodies and to origins."""
    with serving(database_config, settings=TRIAL, **small) as api:
        yield api


def test_a_body_that_is_too_large_is_refused_announced_or_not(careful: Api) -> None:
    client = careful.client("jobs")
    fits = client.post("/v1/try/units", json={"units": [1] * 900})
    assert fits.json() == {"count": 900}
    announced = client.post("/v1/try/units", json={"units": [1] * 1100})
    assert announced.status_code == 413
    assert announced.json()["detail"] == "the body is too large: at most 2,000 bytes"
    streamed = client.post(
        "/v1/try/units",
        content=(b" " * 500 for _ in range(10)),
        headers={"Content-Type": "application/json"},
    )
    assert streamed.status_code == 413


def test_only_known_origins_may_read_answers(careful: Api) -> None:
    client = careful.client()
    asks = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    known = client.options("/v1/try/units", headers=asks | {"Origin": "https://a.example"})
    assert known.status_code == 200
    assert known.headers["Access-Control-Allow-Origin"] == "https://a.example"
    unknown = client.options("/v1/try/units", headers=asks | {"Origin": "https://c.example"})
    assert "Access-Control-Allow-Origin" not in unknown.headers
    refused = client.get("/v1/try/me", headers={"Origin": "https://b.example"})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "https://b.example"


def test_without_configuration_no_page_of_others_may_read_answers(trial: Api) -> None:
    answer = trial.client().get("/v1/try/shared/a", headers={"Origin": "https://a.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_answers_keep_browsers_careful_and_say_nothing_of_the_server(trial: Api) -> None:
    for path in ("/v1/try/me", "/v1/nowhere", "/health/live"):
        headers = trial.client("read").get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Server" not in headers
