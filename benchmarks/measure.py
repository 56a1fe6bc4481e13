"""Runs in turns, their medians, and what is compared with what."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Series:
    """The values of several runs of one thing, in *unit*."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Target:
    """What a ratio (or, without a peer, a value) should be."""

    at: Literal["least", "most"]
    value: float

    def holds(self, value: float) -> bool:
        """Tell whether *value* reaches it."""
        return value >= self.value if self.at == "least" else value <= self.value

    def __str__(self) -> str:
        """Write it with a sign."""
        return f"{'≥' if self.at == 'least' else '≤'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the table. Without a *peer*, our own value must meet the target."""

    benchmark: str
    ours: Series
    peer: Series | None = None
    target: Target | None = None
    versus: Literal["ratio", "difference"] = "ratio"

    @property
    def result(self) -> float:
        """The median of ours over (or minus) the median of the peer."""
        if self.peer is None:
            return self.ours.median
        if self.versus == "difference":
            return self.ours.median - self.peer.median
        return self.ours.median / self.peer.median

    @property
    def reached(self) -> bool | None:
        """Whether the target holds; None without a target."""
        return self.target.holds(self.result) if self.target else None


def say(text: str) -> None:
    """Write a line of progress to standard error."""
    print(text, file=sys.stderr, flush=True)


def in_turns(runs: int, things: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Call each of *things* in turn, *runs* times over: A B A B, so that all share the weather."""
    results: dict[str, list[T]] = {name: [] for name in things}
    for run in range(1, runs + 1):
        for name, thing in things.items():
            results[name].append(thing())
            say(f"  {run}/{runs} {name}: {results[name][-1]}")
    return results
