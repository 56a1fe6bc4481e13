"""What a harvest brings beside its rows, and the rows that PostgreSQL refuses."""

import asyncio
from collections.abc import Sequence
from hashlib import sha512
from typing import Any

import pytest

from crawlers.harvest import Outcome
from crawlers.items.base import Mark, Reject
from crawlers.storage.postgres import Writer
from tests.storage.things import Look, Note, Part, Thing, counts, harvest


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
