"""What has ended after a run, and what a further one may bring and cost."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crawlers.items.profiles import Profile
from crawlers.storage.mentions import Person
from spiders.instagram.answers import RunState
from spiders.instagram.batch import NOTHING, Batch, Caps
from spiders.instagram.reading import FOREIGN, Counts, Reader, ShapeError
from spiders.instagram.rows import Broken, Follower, Problem, Stranger

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUN = RunState(id="r", status="SUCCEEDED", dataset="d", store="s", started_at=NOON)


def batch(*accounts: str, status: str = "SUCCEEDED", cost: int | None = 0, **more: Any) -> Batch:
    return Batch(
        name="batch",
        accounts=accounts,
        caps=Caps(max_followers=10, max_cost_microusd=1000),
        run=RUN.model_copy(update={"status": status, "cost_microusd": cost}),
        **more,
    )


def row(account: str | None, number: int = 1) -> Follower:
    profile = Profile(platform="instagram", id=str(number), username=f"u{number}")
    return Follower(account, profile)


def counted(rows: list[Any], *accounts: str, before: Counts | None = None) -> Counts:
    reader = Reader(accounts, before or Counts(), "any")
    list(reader.read("https://site.test", rows))
    return reader.counts(len(rows))


def test_an_account_that_the_actor_has_left_needs_no_further_run() -> None:
    counts = counted([row("a")] * 3 + [row("b")] * 2, "a", "b", "c")
    judged = batch("a", "b", "c", status="FAILED", counts=counts).judged()
    assert judged.ended == {"a": ""}
    assert judged.left == ("b", "c")
    assert judged.rows == 5


def test_rows_of_accounts_in_turns_say_nothing_about_who_was_left() -> None:
    counts = counted([row("a"), row("b"), row("a"), row("b")], "a", "b")
    assert batch("a", "b", status="FAILED", counts=counts).judged().left == ("a", "b")
    page = counted([row("a")], "a", "b", before=counted([row("a"), row("b")], "a", "b"))
    assert page.is_mixed


def test_success_ends_all_and_what_brought_nothing_says_why() -> None:
    rows = [row("a"), Problem("b", "private"), Problem("elsewhere", "odd")]
    judged = batch("a", "b", "c", counts=counted(rows, "a", "b", "c")).judged()
    assert judged.ended == {"a": "", "b": "private", "c": "odd"}
    assert batch("a", counts=Counts()).judged().ended == {"a": NOTHING}


def test_a_list_that_an_error_cut_short_is_not_whole() -> None:
    counts = counted([row("a"), Problem("a", "blocked"), row("b")], "a", "b")
    assert batch("a", "b", counts=counts).judged().ended == {"a": "blocked", "b": ""}


@pytest.mark.parametrize(("of_a", "of_b"), [(10, 10), (10, 9), (4, 3), (16, 9)])
def test_a_run_that_succeeded_is_the_end_of_every_list(of_a: int, of_b: int) -> None:
    """Also where rows repeat: the cap of rows is one of what is charged."""
    counts = counted([row("a")] * of_a + [row("b")] * of_b, "a", "b")
    assert batch("a", "b", counts=counts).judged().ended == {"a": "", "b": ""}


def test_a_cap_may_be_what_ended_it() -> None:
    counts = counted([row("a")] * 12 + [row("b")] * 8, "a", "b")
    assert batch("a", "b", counts=counts).judged().left == ("b",)
    dear = counted([row("a")] * 9, "a", "b")
    assert batch("a", "b", cost=950, counts=dear).judged().left == ("a", "b")
    assert batch("a", "b", cost=500, counts=dear).judged().left == ()


def test_what_a_run_does_not_say_of_its_cost_is_estimated_from_its_rows() -> None:
    counts = counted([row("a")] * 5, "a", "b")
    judged = batch("a", "b", status="FAILED", cost=None, counts=counts).judged()
    assert judged.cost_microusd == 250
    assert judged.max_cost_microusd == 750
    assert judged.max_items == 15


def test_attempts_end() -> None:
    counts = counted([row("a")] * 5, "a")
    first = batch("a", status="FAILED", cost=100, counts=counts).judged()
    assert first.why_no_more() is None
    assert first.but(attempt=4).why_no_more() == "4 runs ended early (FAILED)"
    assert (first.but(rows=10).why_no_more() or "").startswith("as many rows")
    assert (first.but(cost_microusd=990).why_no_more() or "").startswith("max_cost_usd is spent")
    following = first.next_attempt()
    assert (following.attempt, following.run, following.counts) == (2, None, Counts())
    assert Batch.of(following.data()) == following


def test_rows_without_an_account_are_of_the_only_one_and_others_are_refused() -> None:
    assert counted([row(None)], "a").of("a") == 1
    broken = [row("a"), Broken("b", "no id", b"{}"), Broken(None, "no id", b"{}"), row("x")]
    counts = counted([*broken, Stranger("odd")], "a", "b")
    assert (counts.kept, counts.rejected, counts.of("b"), counts.rows) == (1, 4, 2, 5)


def test_one_row_without_an_account_among_others_costs_only_itself() -> None:
    counts = counted([row("a"), row(None), row("b")], "a", "b")
    assert (counts.kept, counts.rejected) == (2, 1)
    with pytest.raises(ShapeError, match="do not name their account"):
        counted([row(None), row("a")], "a", "b")


def test_a_run_about_others_only_is_of_the_wrong_actor() -> None:
    with pytest.raises(ShapeError, match="none is about an account that was asked for"):
        counted([row("x")] * FOREIGN, "a", "b")
    few = counted([row("x")] * (FOREIGN - 1), "a", "b")
    with pytest.raises(ShapeError, match="none is about an account that was asked for"):
        counted([row("y")], "a", "b", before=few)
    assert counted([], "a", "b").rejected == 0
    assert counted([row("x"), row("b")], "a", "b").rejected == 1
    before = counted([row("a")], "a", "b")
    assert counted([row("x")] * FOREIGN, "a", "b", before=before).rejected == FOREIGN


def test_somebody_in_a_batch_can_be_forgotten() -> None:
    counts = counted([row("a"), row("b"), Problem("b", "odd")], "a", "b", "c")
    run = RUN.model_copy(update={"message": "reads @b"})
    kept = batch("a", "b", "c", counts=counts, ended={"b": "odd"}).but(run=run).kept()
    found = Batch.of(Person("instagram", "77", "b", "instagram").without(kept))
    assert (found.accounts, found.ended) == (("a", "c"), {})
    assert (found.counts.by_account, found.counts.last) == ({"a": 1}, ())
    assert found.counts.is_left("a")
    assert found.run == RUN


def test_the_offset_moves_by_what_was_looked_at() -> None:
    reader = Reader(["a"], Counts(offset=7), "any")
    list(reader.read("https://site.test", [row("a")]))
    assert reader.counts(5).offset == 12
    assert reader.counts(0).offset == 8
