"""Harvests become rows: whole, once, and in the order of their observations."""

import asyncio
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.errors import StorageError
from crawlers.items.base import Item, Mark
from crawlers.storage.postgres import Stored, Writer
from tests.storage.things import NOON, Look, Note, Part, Thing, counts, harvest

PLACES = "select id, ctid::text, xmin::text, checked_at from things order by id"


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
