"""What spiders and commands ask: marks, known keys, crawls, stored pages."""

import asyncio
from datetime import timedelta

import pytest

from crawlers.items.base import Mark
from crawlers.memory import Memory
from crawlers.storage import crawls, queries
from crawlers.storage.database import Database, database_for
from crawlers.storage.postgres import Writer
from tests.storage.things import NOON, Part, Thing, harvest


async def test_a_mark_is_there_once_its_harvest_is_stored(
    database: Database, writer: Writer
) -> None:
    memory = Memory(database, "shop")
    assert await memory.get("cursor") is None
    await writer.store(harvest(marks=[Mark("cursor", 1), Mark("cursor", {"page": 2})]))
    assert await memory.get("cursor") == {"page": 2}
    assert await Memory(database, "other").get("cursor") is None


async def test_a_mark_may_be_null_and_a_late_redo_does_not_set_it_back(
    database: Database, writer: Writer
) -> None:
    memory = Memory(database, "shop")
    await writer.store(harvest(marks=[Mark("cursor", None)], at=10))
    await writer.store(harvest(marks=[Mark("cursor", "late")], at=5))
    assert await memory.get("cursor") is None
    await writer.store(harvest(marks=[Mark("cursor", "next")], at=11))
    assert await memory.get("cursor") == "next"


async def test_known_gives_back_the_keys_as_they_were_asked(
    database: Database, writer: Writer
) -> None:
    memory = Memory(database, "shop")
    part = Part(thing="a", number=1)
    await writer.store(harvest(Thing(id="a", parts=(part,)), Thing(id="b")))
    assert await memory.known(Thing, ["a", "b", "c"]) == {"a", "b"}
    assert await memory.known(Part, [("a", 1), ("a", 2)]) == {("a", 1)}
    assert await memory.known(Thing, []) == set()


async def test_known_leaves_out_what_was_not_seen_lately(
    database: Database, writer: Writer
) -> None:
    await writer.store(harvest(Thing(id="old"), Thing(id="new")))
    await writer.store(harvest(Thing(id="new"), at=3600))
    memory = Memory(database, "shop")
    assert await memory.known(Thing, ["old", "new"], NOON + timedelta(minutes=30)) == {"new"}


async def test_known_heeds_conditions_on_columns(database: Database, writer: Writer) -> None:
    seen = [Thing(id="a", weight=1.5), Thing(id="b", weight=2.5, sold=True), Thing(id="c")]
    await writer.store(harvest(*seen))
    memory, keys = Memory(database, "shop"), ["a", "b", "c", "d"]
    assert await memory.known(Thing, keys, having={"sold": False}) == {"a", "c"}
    assert await memory.known(Thing, keys, having={"weight": ...}) == {"a", "b"}
    assert await memory.known(Thing, keys, NOON, {"weight": ..., "sold": True}) == {"b"}
    assert await memory.known(Thing, keys, NOON + timedelta(hours=1), {"sold": True}) == set()
    with pytest.raises(LookupError, match="Thing has no column 'colour'"):
        await memory.known(Thing, keys, having={"colour": "red"})


async def test_marked_names_the_marks_that_are_there(database: Database, writer: Writer) -> None:
    await writer.store(harvest(marks=[Mark("a", None), Mark("b", 1)]))
    assert await Memory(database, "shop").marked(["a", "b", "c"]) == {"a", "b"}
    assert await Memory(database, "shop").marked([]) == set()
    assert await Memory(database, "other").marked(["a"]) == set()


async def test_values_of_many_marks_come_at_once(database: Database, writer: Writer) -> None:
    await writer.store(harvest(marks=[Mark("a", None), Mark("b", {"at": 1})]))
    assert await Memory(database, "shop").values(["a", "b", "c"]) == {"a": None, "b": {"at": 1}}
    assert await Memory(database, "shop").values([]) == {}
    assert await Memory(database, "other").values(["a"]) == {}


async def test_of_those_who_claim_the_same_only_one_may(database: Database, writer: Writer) -> None:
    memory = Memory(database, "shop")
    claims = await asyncio.gather(*(memory.claim("start", [1, 2]) for _ in range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    assert await memory.get("start") == [1, 2]
    assert await memory.claim("start", [1, 3])
    assert await Memory(database, "other").claim("start", [1, 3])
    await writer.store(harvest(at=10**9, marks=[Mark("start", None)]))
    assert await memory.claim("start", [1, 3])


async def test_a_crawl_is_recorded_from_start_to_end(database: Database) -> None:
    first = await crawls.start_crawl(database, "shop", {"pages": 3})
    second = await crawls.start_crawl(database, "shop", {})
    await crawls.finish_crawl(database, first, "completed", "all done", {"new": 7, "requests": 9})
    latest, earlier = await crawls.crawls(database)
    assert (latest.id, latest.status, latest.finished_at) == (second, None, None)
    assert (earlier.id, earlier.arguments, earlier.status) == (first, {"pages": 3}, "completed")
    assert (earlier.new, earlier.requests, earlier.errors) == (7, 9, 0)
    assert [crawl.id for crawl in await crawls.crawls(database, limit=1)] == [second]


async def test_sizes_count_every_table(database: Database, writer: Writer) -> None:
    await writer.store(harvest(Thing(id="a"), Thing(id="b")))
    sizes = await queries.table_sizes(database)
    assert sizes["things"] == 2
    assert sizes["quarantine"] == 0
    assert "alembic_version" not in sizes


async def test_stored_pages_are_found_by_class_version_and_time(
    database: Database, writer: Writer
) -> None:
    for number in range(3):
        page = {"page": "ListPage", "page_version": number, "sha256": f"{number}" * 64}
        await writer.store(harvest(at=number * 100, request_key=f"key {number}", **page))
    await writer.store(harvest(request_key="else", page="OtherPage", sha256="f" * 64))

    async def found(**more: object) -> list[str]:
        pages = queries.stored_pages(database, "shop", "ListPage", **more)  # type: ignore[arg-type]
        return [one.request_key async for one in pages]

    assert await found() == ["key 0", "key 1", "key 2"]
    assert await found(below_version=2) == ["key 0", "key 1"]
    assert await found(since=NOON + timedelta(seconds=100)) == ["key 1", "key 2"]


async def test_stored_pages_go_on_beyond_one_answer(database: Database, writer: Writer) -> None:
    pages = [harvest(request_key=f"{number:04}", sha256="a" * 64) for number in range(1001)]
    await asyncio.gather(*map(writer.store, pages))
    found = [one.request_key async for one in queries.stored_pages(database, "shop")]
    assert found == [page.request_key for page in pages]


def test_one_owner_has_one_database() -> None:
    class Crawler:
        """Something that a database can belong to."""

    crawler = Crawler()
    assert database_for(crawler) is database_for(crawler)
    assert database_for(Crawler()) is not database_for(crawler)
