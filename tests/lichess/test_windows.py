"""Walks through a player's games, against a small model of the site's export."""

from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spiders.lichess.windows import FIRST, LARGEST, TRIES, Walk, Window

START = 1_700_000_000_000


@dataclass
class Site:
    """A player's games by creation, and an export that cuts them into windows."""

    created_ms: list[int]
    inclusive: bool = True
    asked: int = field(default=0)

    def export(self, walk: Walk) -> Window:
        """Answer as the API does."""
        self.asked += 1
        wanted = walk.parameters()
        games = sorted((ms, f"g{number}") for number, ms in enumerate(self.created_ms))
        if wanted["sort"] == "dateDesc":
            games.reverse()
        edge = 0 if self.inclusive else 1
        low = int(wanted.get("since", 0)) + edge
        high = int(wanted.get("until", 10**15)) - edge
        found = [(ms, game) for ms, game in games if low <= ms <= high][: int(wanted["max"])]
        return Window(len(found), complete=True, created_ms={game: ms for ms, game in found})

    def walked(self, walk: Walk | None) -> list[str]:
        """Walk to the end; return the ids in the order in which they were first seen."""
        seen: dict[str, None] = {}
        while walk is not None:
            window = self.export(walk)
            seen |= dict.fromkeys(window.created_ms)
            walk = walk.after(window)
        return list(seen)


offsets = st.lists(
    st.one_of(st.integers(0, 40), st.integers(0, 5_000)), max_size=3 * FIRST, unique=False
)


@given(offsets, st.booleans())
def test_a_forward_walk_sees_every_game(steps: list[int], inclusive: bool) -> None:  # noqa: FBT001 - hypothesis
    site = Site([START + step for step in steps], inclusive)
    assert sorted(site.walked(Walk("a"))) == sorted(f"g{n}" for n in range(len(steps)))


@given(offsets, st.booleans(), st.integers(1, 80))
@example([1] * 19 + [0], False, 21)  # noqa: FBT003 - games at the bound that is left out
def test_a_backward_walk_sees_the_newest_and_not_many_more(
    steps: list[int],
    inclusive: bool,  # noqa: FBT001 - hypothesis
    newest: int,
) -> None:
    site = Site([START + step for step in steps], inclusive)
    seen = site.walked(Walk("a", left=newest))
    assert len(seen) == min(newest, len(steps))
    times = sorted((site.created_ms[int(game[1:])] for game in seen), reverse=True)
    assert times == sorted(site.created_ms, reverse=True)[:newest]


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("left", [None, 1_500])
def test_seven_hundred_games_within_one_millisecond_are_all_seen(
    left: int | None,
    inclusive: bool,  # noqa: FBT001 - parametrized
) -> None:
    site = Site([START] * 30 + [START + 5] * 700 + [START + 9] * 30, inclusive)
    assert len(site.walked(Walk("a", left=left))) == 760


def test_the_first_window_is_small_and_later_ones_are_large() -> None:
    site = Site([START + 10 * number for number in range(1_100)])
    site.walked(Walk("a"))
    assert site.asked == 4  # 20, 500, 500, the rest


def test_a_window_that_was_cut_is_asked_again_and_not_for_ever() -> None:
    walk, cut = Walk("a"), Window(3, complete=False, created_ms={})
    for number in range(TRIES):
        following = walk.after(cut)
        assert following is not None
        assert following.tries == number + 1
        walk = following
    with pytest.raises(ValueError, match="too early"):
        walk.after(cut)


@pytest.mark.parametrize("left", [None, 50])
def test_an_empty_answer_in_mid_walk_is_not_the_end(left: int | None) -> None:
    first = Walk("a", left=left).after(
        Window(20, complete=True, created_ms={f"g{number}": START + number for number in range(20)})
    )
    assert first is not None
    following = first.after(Window(0, complete=True))
    assert following is not None
    assert (following.since, following.until, following.tries) == (first.since, first.until, 1)


def test_a_cut_window_that_came_further_goes_on_from_there() -> None:
    following = Walk("a", since=START).after(
        Window(3, complete=False, created_ms={"g1": START + 7})
    )
    assert following is not None
    assert (following.since, following.tries) == (START + 6, 0)


def test_lines_that_nobody_can_read_end_the_walk_with_a_reason() -> None:
    walk = Walk("a", since=START, size=LARGEST)
    with pytest.raises(ValueError, match="within one millisecond"):
        walk.after(Window(LARGEST, complete=True))


GOOD = [START + 1, START + 5, START + 5, START + 9]
NOW = START + 60


def window_of(created_ms: list[int]) -> Window:
    """Return a window of games in this order."""
    return Window(
        len(created_ms),
        complete=True,
        created_ms={f"g{number}": ms for number, ms in enumerate(created_ms)},
    )


@pytest.mark.parametrize("created_ms", [[], GOOD, [START], [NOW]])
def test_a_window_in_the_order_and_the_bounds_that_were_asked_for_is_right(
    created_ms: list[int],
) -> None:
    forward = Walk("a", since=START)
    assert forward.problem(window_of(created_ms), NOW) is None
    backward = Walk("a", until=NOW, left=9)
    assert backward.problem(window_of(created_ms[::-1]), NOW) is None


@pytest.mark.parametrize(
    ("walk", "created_ms", "expected"),
    [
        (Walk("a"), [START, 9_999_999_999_999, START + 1], "after"),
        (Walk("a"), [START, NOW + 1], "after"),
        (Walk("a", since=START), [START - 1, START], "before"),
        (Walk("a"), GOOD[::-1], "order"),
        (Walk("a"), [START, START + 50, START + 1], "order"),
        (Walk("a", left=9), GOOD, "order"),
        (Walk("a", left=9), [START + 5, START, START + 1], "order"),
        (Walk("a", until=START, left=9), [START + 1, START], "after"),
        (Walk("a", left=9), [NOW + 1, START], "after"),
    ],
)
def test_a_window_that_was_not_asked_for_has_a_problem(
    walk: Walk, created_ms: list[int], expected: str
) -> None:
    problem = walk.problem(window_of(created_ms), NOW)
    assert problem is not None
    assert expected in problem


def test_an_export_from_the_search_index_follows_the_last_move_but_knows_no_future() -> None:
    walk = Walk("a", since=START)
    assert walk.problem(window_of([START + 9, START - 5]), NOW, indexed=True) is None
    assert walk.problem(window_of([NOW + 1]), NOW, indexed=True) is not None


def test_a_walk_survives_json() -> None:
    walk = Walk("a", 1, 2, left=5, again=("x", "y"), tries=1)
    assert Walk.read(walk.data()) == walk
