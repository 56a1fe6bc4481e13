"""Harvests become rows: whole, once, in order, and without what PostgreSQL cannot hold."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha512
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.config import Config
from crawlers.errors import StorageError
from crawlers.harvest import Outcome
from crawlers.items.base import Item, Mark, Reject
from crawlers.storage.database import Database
from crawlers.storage.postgres import Stored, Writer
from tests.storage.things import NOON, Look, Note, Part, Thing, harvest

PLACES = "select id, ctid::text, xmin::text, checked_at from things order by id"


def counts(stored: Stored) -> tuple[int, int, int, int]:
    """Return new, changed, unchanged, quarantined."""
    return stored.new, stored.changed, stored.unchanged, stored.quarantined


async def test_every_kind_of_value_comes_back_as_it_was(writer: Writer, look: Look) -> None:
    hard = [
        "\\u0000",
        "",
        " ",
        "a\tb\nc\r\\N",
        '{"x", NULL}',
        "\\",
        "\x1f\x1e",
        "\x1e",
        "é\U0001f600",
        None,
    ]
    thing = Thing(
        id="\x1f\x1e\\.",
        title="".join(filter(None, hard)),
        price=-(2**63),
        weight=0.1,
        sold=True,
        made_at=datetime(1999, 12, 31, 23, 59, 59, 999999, UTC),
        words=tuple(hard),
        numbers=(1, None, -3),
        notes=(Note(text='\\"\n'),),
        extra={"a": [1, None, {"b": 0.5}], "c": "\\u0000"},
    )
    assert counts(await writer.store(harvest(thing, Thing(id="plain", words=("e4", "O-O"))))) == (
        2, 0, 0, 0,
    )  # fmt: skip
    plain, row = look.rows("select * from things order by id desc")
    found = {name: row[name] for name in Thing.columns}
    expected = thing.model_dump(exclude={"parts"})
    assert found == expected | {
        "words": list(thing.words), "numbers": [1, None, -3], "notes": list(expected["notes"])
    }  # fmt: skip
    assert (plain["words"], plain["numbers"], plain["extra"]) == (["e4", "O-O"], None, None)


async def test_provenance_tells_the_observation_behind_the_values(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(Thing(id="a"), at=0))
    await writer.store(harvest(Thing(id="a"), at=3600, url="https://shop.example/again"))
    await writer.store(harvest(Thing(id="a", price=5), at=7200, url="https://shop.example/new"))
    (row,) = look.rows("select *, changed_at - now() < interval '1 h' as recent from things")
    assert (row["source"], row["source_url"]) == ("shop", "https://shop.example/new")
    seconds = [(row[name] - NOON).seconds for name in ("first_seen_at", "fetched_at", "checked_at")]
    assert seconds == [0, 7200, 7200]
    assert row["recent"]


async def test_a_redo_leaves_the_rows_where_they_are(writer: Writer, look: Look) -> None:
    first = harvest(*(Thing(id=f"{number}", words=("a",)) for number in range(50)))
    assert counts(await writer.store(first)) == (50, 0, 0, 0)
    places = look.rows(PLACES)
    assert counts(await writer.store(first)) == (0, 0, 50, 0)
    assert look.rows(PLACES) == places


async def test_a_sighting_within_a_minute_writes_nothing_and_a_later_one_moves_it(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(Thing(id="a")))
    places = look.rows(PLACES)
    await writer.store(harvest(Thing(id="a"), at=60))
    assert look.rows(PLACES) == places
    assert counts(await writer.store(harvest(Thing(id="a"), at=61))) == (0, 0, 1, 0)
    (row,) = look.rows("select checked_at - fetched_at as moved from things")
    assert row["moved"].seconds == 61


async def test_a_late_redo_changes_nothing(writer: Writer, look: Look) -> None:
    await writer.store(harvest(Thing(id="a", price=2), at=10))
    places = look.rows(PLACES)
    assert counts(await writer.store(harvest(Thing(id="a", price=1), at=5))) == (0, 0, 1, 0)
    assert look.rows(PLACES) == places


async def test_a_sighting_that_left_no_trace_does_not_guard_against_an_older_observation(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(Thing(id="a", price=1)))
    await writer.store(harvest(Thing(id="a", price=1), at=30))
    await writer.store(harvest(Thing(id="a", price=2), at=10))
    assert look.one("select price from things") == 2
    await writer.store(harvest(Thing(id="a", price=1), at=40))
    assert look.one("select price from things") == 1


async def test_of_several_observations_in_one_batch_the_latest_stays_and_guards(
    writer: Writer, look: Look
) -> None:
    await writer.store(harvest(Thing(id="a", price=1)))
    late, early = harvest(Thing(id="a", price=1), at=30), harvest(Thing(id="a", price=2), at=10)
    outcomes = await asyncio.gather(writer.store(late), writer.store(early))
    assert [counts(one) for one in outcomes] == [(0, 0, 1, 0), (0, 0, 1, 0)]
    await writer.store(early)
    assert look.one("select price from things") == 1


async def test_owned_rows_go_to_their_own_table(writer: Writer, look: Look) -> None:
    parts = tuple(Part(thing="a", number=number) for number in range(3))
    stored = await writer.store(harvest(Thing(id="a", parts=parts)))
    assert stored.tables["parts"]["new"] == 3
    assert stored.new == 4
    assert look.one("select count(*) from parts") == 3


async def test_owned_rows_and_marks_are_not_there_without_their_item(
    writer: Writer, look: Look
) -> None:
    look.execute("drop table parts")
    thing = Thing(id="a", parts=(Part(thing="a", number=1),))
    with pytest.raises(StorageError, match="parts"):
        await writer.store(harvest(thing, marks=[Mark("done", "all")]))
    assert look.one("select count(*) from things") == 0
    assert look.one("select count(*) from marks") == 0


async def test_a_table_that_is_missing_fails_only_the_harvest_that_needs_it(
    writer: Writer, look: Look
) -> None:
    look.execute("drop table parts")
    bad = Thing(id="bad", parts=(Part(thing="a", number=1),))
    harvests = [harvest(Thing(id=f"{number}")) for number in range(9)] + [harvest(bad)]
    outcomes = await asyncio.gather(*map(writer.store, harvests), return_exceptions=True)
    assert [isinstance(one, StorageError) for one in outcomes] == [False] * 9 + [True]
    assert look.one("select count(*) from things") == 9


async def test_what_is_no_item_of_ours_is_refused_in_words(writer: Writer, look: Look) -> None:
    good, bad = writer.store(harvest(Thing(id="a"))), writer.store(harvest({"id": "b"}))
    stored, error = await asyncio.gather(good, bad, return_exceptions=True)
    assert isinstance(stored, Stored)
    assert "a dict cannot be stored" in str(error)
    assert look.one("select count(*) from things") == 1


async def test_the_raw_page_is_one_row_for_each_content(writer: Writer, look: Look) -> None:
    page: dict[str, Any] = {"request_key": "k", "page": "ListPage", "status": 200}
    page["sha256"] = "a" * 64
    await writer.store(harvest(**page))
    await writer.store(harvest(at=59, **page))
    await writer.store(harvest(at=3600, **page))
    await writer.store(harvest(at=3600, page_version=2, **page))
    await writer.store(harvest(at=7200, **(page | {"sha256": "b" * 64})))
    rows = look.rows("select * from raw_pages order by sha256")
    assert [(row["page_version"], row["status"]) for row in rows] == [(2, 200), (1, 200)]
    assert (rows[0]["last_fetched_at"] - rows[0]["first_fetched_at"]).seconds == 3600
    await writer.store(harvest(request_key="k"))
    assert look.one("select count(*) from raw_pages") == 2


async def test_rejects_and_broken_pages_are_kept_once(writer: Writer, look: Look) -> None:
    reject = Reject("row 3", "no price\0", b"<tr>\0\xff</tr>")
    page = harvest(
        Thing(id="a"),
        rejects=[reject],
        outcome=Outcome.QUARANTINED,
        reason="no table",
        body=b"<html>",
    )
    for _ in range(2):
        assert (await writer.store(page)).quarantined == 2
    whole, part = look.rows("select place, error, body, sha256 from quarantine order by place")
    assert part == {"place": "row 3", "error": "no price", "body": reject.body, "sha256": None}
    assert whole == {"place": "", "error": "no table", "body": b"<html>", "sha256": None}


async def test_the_same_bad_part_in_another_place_of_a_later_page_is_the_same(
    writer: Writer, look: Look
) -> None:
    for number in range(3):
        reject = Reject(f"line {number}", "no price", b"<tr>")
        url, digest = f"https://shop.example/?since={number}", f"{number}" * 64
        await writer.store(harvest(rejects=[reject], url=url, sha256=digest))
    others = [Reject("line 0", "no name", b"<tr>"), Reject("line 0", "no price", b"<td>")]
    await writer.store(harvest(rejects=others))
    assert look.one("select count(*) from quarantine") == 3


@pytest.mark.parametrize(("digests", "rows"), [("aa", 1), ("ab", 2), ((None, None), 2)])
async def test_a_broken_page_is_told_by_its_bytes_or_else_by_its_address(
    writer: Writer, look: Look, digests: Sequence[str | None], rows: int
) -> None:
    for number, digest in enumerate(digests):
        url, sha256 = f"https://shop.example/{number}", digest and digest * 64
        outcome = Outcome.QUARANTINED
        await writer.store(harvest(url=url, sha256=sha256, outcome=outcome, reason="no table"))
    assert look.one("select count(*) from quarantine") == rows


async def test_a_broken_page_in_the_raw_store_is_kept_by_reference(
    writer: Writer, look: Look
) -> None:
    page = harvest(outcome=Outcome.QUARANTINED, reason="no table", body=b"x", sha256="a" * 64)
    await writer.store(page)
    (row,) = look.rows("select body, sha256 from quarantine")
    assert row == {"body": None, "sha256": "a" * 64}


DIRTY = [
    (Thing(id="bad", title="a\0b"), "title", "ab"),
    (Thing(id="bad", extra={"k\0": ["a\0b"]}), "extra", {"k": ["ab"]}),
    (Thing(id="bad", title="a\ud800b"), "title", "a\ufffdb"),
    (Thing(id="bad", notes=(Note(text="a\udfffb\0"),)), "notes", [{"text": "a\ufffdb"}]),
    (Thing(id="bad", words=("a\0b", None)), "words", ["ab", None]),
    (Thing(id="b\0ad"), "id", "bad"),
]


@pytest.mark.parametrize(("thing", "name", "expected"), DIRTY)
async def test_text_that_postgresql_cannot_hold_is_cleaned_and_counted(
    writer: Writer, look: Look, thing: Thing, name: str, expected: Any
) -> None:
    things = [Thing(id=f"{number}") for number in range(499)]
    stored = await writer.store(harvest(*things[:250], thing, *things[250:]))
    assert counts(stored) == (500, 0, 0, 0)
    assert stored.cleaned == 1
    (row,) = look.rows("select * from things where id = 'bad'")
    assert row[name] == expected


POISON = [
    Thing(id="bad", price=2**63),
    Thing(id="bad", numbers=(1, 2**80)),
    Thing(id="".join(sha512(bytes([n])).hexdigest() for n in range(70))),
]


@pytest.mark.parametrize("poison", POISON, ids=["integer", "array", "key"])
@pytest.mark.parametrize("size", [500, 1], ids=["one harvest", "500 harvests"])
async def test_a_row_that_postgresql_refuses_goes_aside_and_the_rest_is_stored(
    writer: Writer, look: Look, poison: Thing, size: int
) -> None:
    things = [Thing(id=f"{number}") for number in range(499)]
    things.insert(250, poison)
    groups = [things[start : start + size] for start in range(0, 500, size)]
    outcomes = await asyncio.gather(*(writer.store(harvest(*group)) for group in groups))
    assert sum(one.new for one in outcomes) == 499
    assert sum(one.quarantined for one in outcomes) == 1
    assert look.one("select count(*) from things") == 499
    (row,) = look.rows("select source, url, place, error, body from quarantine")
    assert row["place"].startswith("things [")
    assert poison.id.encode() in row["body"]


async def test_poison_in_an_owned_row_leaves_its_item(writer: Writer, look: Look) -> None:
    parts = (Part(thing="a", number=1), Part(thing="a", number=2**64))
    stored = await writer.store(harvest(Thing(id="a", parts=parts), marks=[Mark("m", 1)]))
    assert counts(stored) == (2, 0, 0, 1)
    assert look.one("select count(*) from marks") == 1


async def test_four_writers_on_the_same_keys_never_deadlock(
    database_config: Config, look: Look, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(7)  # noqa: S311 - a shuffle that repeats
    databases = [Database(database_config) for _ in range(4)]

    async def write(number: int, database: Database) -> None:
        async with Writer(database) as writer:
            for turn in range(30):
                keys = chance.sample(range(400), 200)
                things = [Thing(id=f"{key}", price=turn * 4 + number) for key in keys]
                parts = [Part(thing=f"{key}", number=1, name=f"{turn}") for key in keys]
                await writer.store(harvest(*parts, *things, at=turn))

    await asyncio.gather(*(write(*pair) for pair in enumerate(databases)))
    for database in databases:
        await database.close()
    assert not caplog.records
    assert look.one("select count(*) from things") == 400


async def test_a_harvest_that_waits_for_room_is_stored_too(database: Database, look: Look) -> None:
    async with Writer(database, max_rows=20, max_waiting=30) as writer:
        harvests = [harvest(*(Thing(id=f"{n}-{m}") for m in range(15))) for n in range(20)]
        outcomes = await asyncio.gather(*map(writer.store, harvests))
        big = await writer.store(harvest(*(Thing(id=f"big {n}") for n in range(100))))
    assert sum(one.new for one in outcomes) == 300
    assert big.new == 100
    assert look.one("select count(*) from things") == 400


async def test_closing_writes_what_still_waits(database: Database, look: Look) -> None:
    writer = Writer(database)
    await writer.open()
    stores = [asyncio.create_task(writer.store(harvest(Thing(id=f"{n}")))) for n in range(5)]
    await asyncio.sleep(0)
    await writer.close()
    assert [(await store).new for store in stores] == [1] * 5
    assert look.one("select count(*) from things") == 5
    with pytest.raises(StorageError, match="not open"):
        await writer.store(harvest(Thing(id="late")))


async def test_who_waits_fails_when_the_flusher_is_killed(writer: Writer, look: Look) -> None:
    stores = [asyncio.create_task(writer.store(harvest(Thing(id=f"{n}")))) for n in range(5)]
    await asyncio.sleep(0)
    assert writer._flusher is not None
    writer._flusher.cancel()
    outcomes = await asyncio.gather(*stores, return_exceptions=True)
    assert all(isinstance(one, StorageError) for one in outcomes)
    with pytest.raises(StorageError, match="not open"):
        await writer.store(harvest(Thing(id="late")))
    assert look.one("select count(*) from things") == 0


async def test_a_lone_harvest_is_stored_without_company(writer: Writer) -> None:
    async with asyncio.timeout(20):
        assert (await writer.store(harvest(Thing(id="alone")))).new == 1


class Point(Item):
    """A key of several kinds of value."""

    table = "points"
    identity = ("day", "at", "rank", "good")
    day: date
    at: datetime
    rank: int
    good: bool


async def test_outcomes_are_known_for_keys_of_every_kind(writer: Writer, look: Look) -> None:
    look.execute(
        "create table points (day date, at timestamptz, rank bigint, good boolean, source text,"
        " source_url text, fetched_at timestamptz, first_seen_at timestamptz,"
        " changed_at timestamptz, checked_at timestamptz, primary key (day, at, rank, good))"
    )
    points = [Point(day=NOON.date(), at=NOON, rank=rank, good=True) for rank in (2, 10, 1)]
    assert counts(await writer.store(harvest(*points))) == (3, 0, 0, 0)
    assert counts(await writer.store(harvest(*points, at=99))) == (0, 0, 3, 0)


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.integers(1, 100)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, cuts=st.sets(st.integers(0, 12)), redo=st.integers(0, 12))
async def test_any_split_into_batches_and_any_redo_ends_with_the_same_rows(
    writer: Writer,
    look: Look,
    steps: list[tuple[str, int, int]],
    cuts: set[int],
    redo: int,
) -> None:
    look.execute("truncate things, marks")
    at, stream = 0, []
    for key, price, pause in steps:
        at += pause
        thing = Thing(id=key, price=price)
        stream.append(harvest(thing, at=at, marks=[Mark(key, price)]))
    bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, end in pairwise(bounds):
        await asyncio.gather(*map(writer.store, stream[start:end]))
        for again in stream[: min(redo, end)]:
            await writer.store(again)
    latest = {key: price for key, price, _ in steps}
    things = look.rows("select id, price from things")
    assert {row["id"]: row["price"] for row in things} == latest
    marks = look.rows("select key, value from marks")
    assert {row["key"]: row["value"] for row in marks} == latest
