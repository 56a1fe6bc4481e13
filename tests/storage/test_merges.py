"""Items that merge: several kinds of page each give a part of one row."""

import asyncio
from typing import Any

import pytest

from crawlers.storage.postgres import Writer
from tests.storage.squads import Squad, squads
from tests.storage.things import NOON, Look, harvest

__all__ = ["squads"]

ROW = "select city, wins, tags from squads"
PLACE = "select ctid::text, xmin::text, * from squads"


def row(look: Look) -> tuple[Any, ...]:
    """Return the parts of the only squad."""
    (found,) = look.rows(ROW)
    return tuple(found.values())


async def test_a_none_leaves_the_stored_value_in_place(writer: Writer, squads: Look) -> None:
    first = await writer.store(harvest(Squad(id="a", city="Rome", tags=("x",))))
    stored = await writer.store(harvest(Squad(id="a", wins=3), at=10))
    assert (first.new, stored.changed) == (1, 1)
    assert row(squads) == ("Rome", 3, ["x"])
    await writer.store(harvest(Squad(id="a", city="Bonn", tags=()), at=20))
    assert row(squads) == ("Bonn", 3, [])


async def test_a_part_that_is_stored_already_is_no_change(writer: Writer, squads: Look) -> None:
    await writer.store(harvest(Squad(id="a", city="Rome", wins=3)))
    place = squads.rows(PLACE)
    stored = await writer.store(harvest(Squad(id="a", wins=3), at=60))
    assert (stored.changed, stored.unchanged) == (0, 1)
    assert squads.rows(PLACE) == place
    stored = await writer.store(harvest(Squad(id="a", city="Rome"), at=61))
    assert (stored.changed, stored.unchanged) == (0, 1)
    (found,) = squads.rows("select * from squads")
    seconds = [(found[name] - NOON).seconds for name in ("fetched_at", "checked_at")]
    assert seconds == [0, 61]


async def test_a_late_redo_overwrites_nothing_and_fills_what_is_null(
    writer: Writer, squads: Look
) -> None:
    await writer.store(harvest(Squad(id="a", city="Rome"), at=100, url="https://x.example/new"))
    stored = await writer.store(harvest(Squad(id="a", city="Bonn", wins=2), at=5))
    assert stored.changed == 1
    assert row(squads) == ("Rome", 2, None)
    (found,) = squads.rows("select * from squads")
    assert found["source_url"] == "https://x.example/new"
    assert found["fetched_at"] == found["checked_at"]
    assert (found["checked_at"] - NOON).seconds == 100
    assert (await writer.store(harvest(Squad(id="a", city="Bonn", wins=2), at=5))).unchanged == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_parts_in_one_batch_end_as_if_stored_one_after_the_other(
    writer: Writer, squads: Look, order: tuple[int, ...]
) -> None:
    await writer.store(harvest(Squad(id="a", city="Oslo", wins=1), at=20))
    parts = [
        harvest(Squad(id="a", city="Bonn", tags=("x",)), at=10),
        harvest(Squad(id="a", wins=2), at=30),
        harvest(Squad(id="a", city="Rome"), Squad(id="b"), at=40),
    ]
    outcomes = await asyncio.gather(*(writer.store(parts[number]) for number in order))
    assert squads.rows(f"{ROW} where id = 'a'") == [{"city": "Rome", "wins": 2, "tags": ["x"]}]
    assert [one.changed for one in outcomes] == [1, 1, 1]
    assert sum(one.new for one in outcomes) == 1


async def test_one_page_may_give_the_parts_of_one_row(writer: Writer, squads: Look) -> None:
    parts = (Squad(id="a", city="Rome"), Squad(id="a", wins=2), Squad(id="a", city="Bonn"))
    stored = await writer.store(harvest(*parts))
    assert (stored.new, stored.changed) == (1, 2)
    assert row(squads) == ("Bonn", 2, None)


async def test_a_part_that_postgresql_refuses_leaves_the_others(
    writer: Writer, squads: Look
) -> None:
    parts = (Squad(id="a", city="Rome"), Squad(id="a", wins=2**70), Squad(id="a", tags=("x",)))
    stored = await writer.store(harvest(*parts))
    assert stored.quarantined == 1
    assert row(squads) == ("Rome", None, ["x"])


async def test_parts_written_at_once_all_arrive(writer: Writer, squads: Look) -> None:
    # Two batches are on their way at once: the second row of each harvest waits for the other's.
    names = [f"{number}" for number in range(40)]
    cities = [harvest(*(Squad(id=name, city="Rome") for name in names), at=n) for n in range(5)]
    wins = [harvest(*(Squad(id=name, wins=7) for name in names), at=n) for n in range(5)]
    await asyncio.gather(
        *(writer.store(one) for pair in zip(cities, wins, strict=True) for one in pair)
    )
    assert squads.one("select count(*) from squads where city = 'Rome' and wins = 7") == 40
