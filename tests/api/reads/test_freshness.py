"""Reads that ask for young rows: one crawl for all who ask, what is there at once."""

import asyncio
from datetime import datetime
from typing import Any

from crawlers.items.chess import ChessPlayer
from tests.api.reads.reading import Reads, ago


async def jobs(reads: Reads) -> list[tuple[Any, ...]]:
    """Return the jobs that were handed in, with their units."""

    async def work(connection: Any) -> list[tuple[Any, ...]]:
        query = """select j.id, j.source, array_agg(u.name) from jobs j
                   left join job_units u on u.job = j.id group by 1, 2 order by j.created_at"""
        found: list[tuple[Any, ...]] = await (await connection.execute(query)).fetchall()
        return found

    return await reads.database.run(work)


async def stored(reads: Reads, at: datetime) -> str:
    """Store a player as seen *at* an instant; return who it is."""
    await reads.put(ChessPlayer(id="ada", name="Ada", closed=False), source="lichess", at=at)
    return "ada"


async def test_what_is_young_enough_is_answered_and_nothing_is_handed_in(reads: Reads) -> None:
    await reads.uses("read", "jobs")
    player = await stored(reads, ago(seconds=30))
    found = await reads.get(f"/chess/players/{player}", max_age=3600)
    assert found["refresh"] is None
    assert await jobs(reads) == []


async def test_what_is_old_is_answered_at_once_and_fetched_once_for_all(reads: Reads) -> None:
    await reads.uses("read", "jobs")
    player = await stored(reads, ago(hours=2))
    ask = [reads.get(f"/chess/players/{player}", max_age=3600) for _ in range(10)]
    found = await asyncio.gather(*ask)
    assert {one["id"] for one in found} == {player}
    [(job, source, units)] = await jobs(reads)
    assert (source, units) == ("lichess", [player])
    assert {one["refresh"]["job"] for one in found} == {job}
    assert sum(one["refresh"]["is_new"] for one in found) == 1
    await reads.execute("update jobs set status = 'failed', finished_at = now()")
    again = await reads.get(f"/chess/players/{player}", max_age=3600)
    assert again["refresh"] == {"job": job, "is_new": False}, "not at once after a failure"
    await reads.execute("update jobs set finished_at = now() - interval '2 min'")
    later = await reads.get(f"/chess/players/{player}", max_age=3600)
    assert later["refresh"]["is_new"]


async def test_what_is_not_there_is_asked_for(reads: Reads) -> None:
    await reads.uses("read", "jobs")
    answer = await reads.ask("/chess/players/nobody_yet", max_age=60)
    [(job, _, units)] = await jobs(reads)
    assert units == ["nobody_yet"]
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"no such row in chess_players yet: job {job} asks for it"
    games = await reads.get("/chess/games", player="nobody_yet", max_age=60)
    assert games["refresh"] == {"job": job, "is_new": False}, "the same crawl brings them"


async def test_a_key_that_may_only_read_hands_in_nothing(reads: Reads) -> None:
    player = await stored(reads, ago(hours=2))
    answer = await reads.ask(f"/chess/players/{player}", max_age=60)
    assert (answer.status_code, await jobs(reads)) == (403, [])
    assert (await reads.ask(f"/chess/players/{player}", max_age=-1)).status_code == 422


async def test_what_no_crawl_makes_younger_is_only_answered(reads: Reads) -> None:
    await reads.uses("read", "jobs")
    assert (await reads.get("/profiles", max_age=0))["refresh"] is None
    assert await jobs(reads) == []
