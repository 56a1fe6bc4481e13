"""Costly answers: made once for all who ask, kept as long as nothing that they read has changed."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from crawlers.api.derived import KEPT_S, UNSETTLED_S, Derived
from crawlers.storage.versions import Version
from tests.api.reads.reading import NOON, Reads
from tests.api.reads.test_chess import game
from tests.redis_server import RedisServer

SETTLED = Version(3, NOON)
PATH = "/chess/players/ada/statistics"


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


class Maker:
    """Makes an answer, and counts how often."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.made = 0

    async def __call__(self) -> dict[str, Any]:
        """Make it, while others may ask."""
        self.made += 1
        await asyncio.sleep(0.05)
        return {"made": self.made}


async def ask(derived: Derived, make: Maker, what: str, version: Version = SETTLED) -> bytes:
    """Return the answer as bytes."""
    return bytes((await derived.get((what,), version, make)).body)


async def test_an_answer_is_made_once_for_all_who_ask_at_once_and_after() -> None:
    derived, make = Derived(None), Maker()
    answers = await asyncio.gather(*(ask(derived, make, "a") for _ in range(20)))
    assert {*answers, await ask(derived, make, "a")} == {
        b'{"rows_read":3,"newest_at":"2026-01-01T12:00:00Z","made":1}'
    }
    assert make.made == 1
    await derived.close()


async def test_another_question_and_another_version_are_other_answers() -> None:
    derived, make = Derived(None), Maker()
    for version in (SETTLED, Version(4, NOON), Version(3, NOON + timedelta(seconds=1))):
        for what in ("a", "b"):
            await ask(derived, make, what, version)
    assert make.made == 6
    await derived.close()


async def test_processes_with_one_redis_make_an_answer_once(redis_server: RedisServer) -> None:
    one, other = (Derived(SecretStr(redis_server.url)) for _ in range(2))
    make = Maker()
    asked = [ask(derived, make, "shared") for derived in (one, other) * 5]
    assert len({*await asyncio.gather(*asked)}) == 1
    assert make.made == 1
    for derived in (one, other):
        await derived.close()


async def test_what_may_still_change_without_a_trace_is_kept_for_seconds(
    redis_server: RedisServer,
) -> None:
    derived, make = Derived(SecretStr(redis_server.url)), Maker()

    def kept_ms() -> set[int]:
        with redis_server.client() as client:
            return {int(client.pttl(key)) for key in client.keys("*")}

    before = kept_ms()
    await ask(derived, make, "new", Version(1, datetime.now(UTC)))
    assert len(kept_ms()) > len(before)
    assert min(kept_ms()) <= UNSETTLED_S * 1000
    await ask(derived, make, "old")
    assert UNSETTLED_S * 1000 < max(kept_ms()) <= KEPT_S * 1000
    await derived.close()


async def test_without_its_redis_an_answer_is_made_all_the_same() -> None:
    with RedisServer() as server:
        derived, make = Derived(SecretStr(server.url)), Maker()
        await ask(derived, make, "a")
        server.stop()
        assert b'"made":2' in await ask(derived, make, "a")
        server.start()
        assert b'"made":1' in await ask(derived, make, "a")
        await derived.close()


async def test_an_answer_that_cannot_be_made_is_not_kept() -> None:
    derived, make = Derived(None), Maker()

    async def fail() -> dict[str, Any]:
        raise ValueError("a test")

    for _ in range(2):
        with pytest.raises(ValueError, match="a test"):
            await derived.get(("a",), SETTLED, fail)
    assert b'"made":1' in await ask(derived, make, "a")
    await derived.close()


async def test_statistics_are_kept_until_a_row_that_they_read_changes(reads: Reads) -> None:
    await reads.put(game(1, "ada", "bea", winner="white"))
    first = await reads.get(PATH)
    await reads.execute("update chess_games set winner = 'black'")  # no crawl does so
    assert await reads.get(PATH) == first
    await reads.put(game(2, "bea", "ada", winner="black"))
    second = await reads.get(PATH)
    assert [(one["color"], one["wins"], one["losses"]) for one in second["records"]] == [
        ("white", 0, 1), ("black", 1, 0),
    ]  # fmt: skip
    assert second["rows_read"] == 2


async def test_a_row_that_changes_changes_the_statistics(reads: Reads) -> None:
    await reads.put(game(1, "ada", "bea", winner="white"))
    await reads.get(PATH)
    await reads.put(game(1, "ada", "bea", winner="black"), at=NOON + timedelta(hours=1))
    (record,) = (await reads.get(PATH))["records"]
    assert (record["wins"], record["losses"]) == (0, 1)
