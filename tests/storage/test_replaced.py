"""Owned rows that a newer sighting of their owner replaces, and the two rules together."""

import asyncio
import random
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.config import Config
from crawlers.errors import StorageError
from crawlers.items.base import Item
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from tests.storage.squads import Member, Squad, members, squad, squads
from tests.storage.things import Look, four_writers, harvest

__all__ = ["squads"]


# --- Declarations ------------------------------------------------------------------------------


def test_owned_rows_are_known_by_their_field_also_where_it_may_be_none() -> None:
    assert tuple(Squad.owned) == ("members", "reserves")
    assert Squad.columns == ("season", "id", "city", "wins", "tags")
    assert Squad.replaces == {Member: ("members", "reserves")}
    assert [type(one) for one in squad("a").rows()] == [Squad]
    assert [type(one) for one in squad("a", "x").rows()] == [Squad, Member]


def test_a_child_that_does_not_begin_with_its_owner_is_refused() -> None:
    with pytest.raises(TypeError, match="does not begin"):

        class Wrong(Item):
            table = "wrong"
            identity = ("name", "squad")
            replaced_by = ("squad",)
            name: str
            squad: str


def test_an_owner_with_another_identity_than_its_child_names_is_refused() -> None:
    with pytest.raises(TypeError, match="identity"):

        class Wrong(Item):
            table = "wrong"
            identity = ("id",)
            id: str
            members: tuple[Member, ...]


def test_a_row_that_is_replaced_replaces_none_itself() -> None:
    with pytest.raises(TypeError, match="its owner owns the rest"):

        class Wrong(Item):
            table: ClassVar[str] = "wrong"
            identity: ClassVar[tuple[str, ...]] = ("season", "id")
            replaced_by: ClassVar[tuple[str, ...]] = ("season",)
            season: int
            id: str
            members: tuple[Member, ...]


# --- One sighting after another ----------------------------------------------------------------


async def test_a_newer_sighting_deletes_what_it_does_not_bring(
    writer: Writer, squads: Look
) -> None:
    others = (squad("b", "xy"), squad("a", "xy", season=2))
    await writer.store(harvest(squad("a", "xyz"), *others))
    stored = await writer.store(harvest(squad("a", "yw"), at=10))
    assert members(squads) == "wy"
    assert (stored.removed, stored.tables["members"]["removed"], stored.new) == (2, 2, 1)
    assert (members(squads, "b"), members(squads, "a", season=2)) == ("xy", "xy")


async def test_an_empty_sighting_deletes_all_and_one_that_says_nothing_deletes_none(
    writer: Writer, squads: Look
) -> None:
    await writer.store(harvest(squad("a", "xyz")))
    stored = await writer.store(harvest(squad("a", None, wins=1), at=10))
    assert (members(squads), stored.removed) == ("xyz", 0)
    half = Squad(id="a", members=(), reserves=None)
    assert (await writer.store(harvest(half, at=15))).removed == 0
    stored = await writer.store(harvest(squad("a", ""), at=20))
    assert (members(squads), stored.removed) == ("", 3)


async def test_a_late_redo_neither_deletes_nor_brings_back(writer: Writer, squads: Look) -> None:
    await writer.store(harvest(squad("a", "yz"), at=20))
    stored = await writer.store(harvest(squad("a", "xy"), at=10))
    assert members(squads) == "yz"
    assert (stored.new, stored.changed, stored.removed) == (0, 0, 0)
    await writer.store(harvest(squad("a", ""), at=30))
    await writer.store(harvest(squad("a", "x"), at=25))
    assert members(squads) == ""


async def test_a_sighting_that_says_nothing_guards_against_no_older_one(
    writer: Writer, squads: Look
) -> None:
    await writer.store(harvest(squad("a", None, wins=1), at=20))
    await writer.store(harvest(squad("a", "xy"), at=10))
    assert members(squads) == "xy"


async def test_the_same_sighting_again_changes_nothing(writer: Writer, squads: Look) -> None:
    page = harvest(squad("a", "xy"))
    await writer.store(page)
    places = squads.rows("select ctid::text, xmin::text, * from members")
    stored = await writer.store(page)
    assert (stored.unchanged, stored.removed) == (3, 0)
    assert squads.rows("select ctid::text, xmin::text, * from members") == places


async def test_a_sighting_of_the_same_set_within_a_minute_leaves_no_trace(
    writer: Writer, squads: Look
) -> None:
    # Nor does the raw page: reading it again must not pass for late.
    times = "select updated_at::text from marks"
    await writer.store(harvest(squad("a", "xy")))
    before = squads.one(times)
    await writer.store(harvest(squad("a", "xy"), at=60))
    assert squads.one(times) == before
    await writer.store(harvest(squad("a", "xyz")))
    assert members(squads) == "xyz"
    await writer.store(harvest(squad("a", "xyz"), at=61))
    assert squads.one(times) != before


async def test_a_row_that_came_alone_after_the_sighting_stays(writer: Writer, squads: Look) -> None:
    alone = Member(season=1, squad="a", name="w")
    await writer.store(harvest(alone, at=30))
    await writer.store(harvest(squad("a", "xy"), at=20))
    assert members(squads) == "wxy"
    await writer.store(harvest(Member(season=1, squad="a", name="late"), at=10))
    assert members(squads) == "wxy"
    await writer.store(harvest(squad("a", "xy"), at=40))
    assert members(squads) == "xy"


async def test_rows_of_another_owner_are_refused_in_words(writer: Writer, squads: Look) -> None:
    foreign = Squad(id="a", members=(Member(season=1, squad="b", name="x"),))
    with pytest.raises(StorageError, match="is not a row of"):
        await writer.store(harvest(foreign))
    assert squads.one("select count(*) from squads") == 0


async def test_a_stored_row_stays_when_postgresql_refuses_its_new_values(
    writer: Writer, squads: Look
) -> None:
    squads.execute("alter table members add check (role <> 'bad')")
    await writer.store(harvest(squad("a", "xy")))
    rows = tuple(Member(season=1, squad="a", name=name, role="bad") for name in "x")
    stored = await writer.store(harvest(Squad(id="a", members=rows), at=10))
    assert (stored.quarantined, stored.removed) == (1, 1)
    assert members(squads) == "x"


async def test_names_that_are_cleaned_are_still_the_owners(writer: Writer, squads: Look) -> None:
    await writer.store(harvest(squad("a\0b", "xy")))
    await writer.store(harvest(squad("a\0b", "x"), at=10))
    assert members(squads, "ab") == "x"


# --- Together ----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_sightings_in_one_batch_end_as_if_stored_one_after_the_other(
    writer: Writer, squads: Look, order: tuple[int, ...]
) -> None:
    await writer.store(harvest(squad("a", "uv")))
    pages = [
        harvest(squad("a", "uwx"), at=10),
        harvest(squad("a", "xy"), at=20),
        harvest(squad("a", None, wins=1), at=30),
    ]
    outcomes = await asyncio.gather(*(writer.store(pages[number]) for number in order))
    assert members(squads) == "xy"
    assert sum(one.removed for one in outcomes) == 2


async def test_four_writers_on_the_same_owners_never_deadlock(
    database_config: Config, database: Database, squads: Look, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(7)  # noqa: S311 - a shuffle that repeats

    async def write(writer: Writer, number: int) -> None:
        for turn in range(25):
            owners = chance.sample("abcdefghijkl", 8)
            rows = ["".join(chance.sample("uvwxyz", 3)) for _ in owners]
            alone = [Member(season=1, squad=one, name="alone") for one in owners]
            found = [squad(*pair, wins=number) for pair in zip(owners, rows, strict=True)]
            chance.shuffle(found)
            await writer.store(harvest(*alone[:2], *found, at=turn))

    await four_writers(database_config, write)
    async with Writer(database) as writer:
        await writer.store(harvest(*(squad(one, "z") for one in "abcdefghijkl"), at=100))
    assert not caplog.records
    assert squads.rows("select distinct name from members") == [{"name": "z"}]


SIGHTING = st.tuples(
    st.none() | st.text("xyz", max_size=3).map(lambda text: "".join(sorted(set(text)))),
    st.none() | st.integers(0, 2),
    st.none() | st.sampled_from(["Rome", "Bonn"]),
)


def newest(sightings: list[Any], part: int) -> Any:
    """Return what the last of *sightings* that says something of *part* says."""
    return next((one[part] for one in reversed(sightings) if one[part] is not None), None)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), sightings=st.lists(SIGHTING, min_size=1, max_size=7))
async def test_any_order_and_any_batches_end_with_what_was_seen_last(
    writer: Writer, squads: Look, data: st.DataObject, sightings: list[Any]
) -> None:
    squads.execute("truncate squads, members, marks")
    # Two minutes apart: a sighting is kept to within one.
    pages = [
        harvest(squad("a", rows, wins=wins, city=city), at=120 * number)
        for number, (rows, wins, city) in enumerate(sightings)
    ]
    order = data.draw(st.permutations(range(len(pages))))
    cuts = data.draw(st.sets(st.integers(1, len(pages))))
    for start, end in pairwise(sorted({0, len(pages), *cuts})):
        await asyncio.gather(*(writer.store(pages[number]) for number in order[start:end]))
    assert members(squads) == (newest(sightings, 0) or "")
    (found,) = squads.rows("select wins, city from squads")
    for part, value in ((1, found["wins"]), (2, found["city"])):
        told = {one[part] for one in sightings} - {None}
        assert value in (told or {None})
        if sightings[-1][part] is not None or order == sorted(order):
            assert value == newest(sightings, part)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), sightings=st.lists(SIGHTING, min_size=1, max_size=7))
async def test_batches_in_order_end_with_what_was_seen_last_and_so_does_any_redo(
    writer: Writer, squads: Look, data: st.DataObject, sightings: list[Any]
) -> None:
    squads.execute("truncate squads, members, marks")
    pages = [
        harvest(squad("a", rows, wins=wins, city=city), at=120 * number)
        for number, (rows, wins, city) in enumerate(sightings)
    ]
    cuts = data.draw(st.sets(st.integers(1, len(pages))))
    redo = data.draw(st.lists(st.sampled_from(pages), max_size=3))
    for start, end in pairwise(sorted({0, len(pages), *cuts})):
        batch = data.draw(st.permutations(pages[start:end]))
        await asyncio.gather(*map(writer.store, batch))
    await asyncio.gather(*map(writer.store, redo))
    assert members(squads) == (newest(sightings, 0) or "")
    expected = {"wins": newest(sightings, 1), "city": newest(sightings, 2)}
    assert squads.rows("select wins, city from squads") == [expected]
