"""Plots as geometry: what a template draws as SVG, with the numbers as a table beside it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from crawlers.web.scales import Tick, instants, nice

SIZE = 1000
"""Both sides of the picture, which is stretched to the room that there is."""
COLOURS = 8
ROOM = 0.03
POINTS_MAX = 450
"""Points of a line that are drawn: two pixels each."""


class Point(NamedTuple):
    """A value at an instant (epoch seconds). *is_missing*: the thing could not be had then."""

    at: float
    value: float
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time, in their order. *kind* is line, steps (a value holds on) or dots."""

    name: str
    points: Sequence[Point]
    kind: str = "line"


class Path(NamedTuple):
    """What is drawn of a series, in its colour: the *d* of an SVG path."""

    colour: int
    kind: str
    d: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of series over time, ready to be drawn. Without any point there is none."""

    title: str
    unit: str
    series: Sequence[Series]
    paths: list[Path]
    across: list[Tick]
    up: list[Tick]
    """Ticks are at per cents of the width from the left, and of the height from the top."""

    @property
    def summary(self) -> str:
        """What it shows, for who does not see it."""
        parts = []
        for one in self.series:
            values = [point.value for point in one.points]
            parts.append(
                f"{one.name}: from {values[0]:g} to {values[-1]:g}, "
                f"lowest {min(values):g}, highest {max(values):g} {self.unit}"
            )
        return "; ".join(parts)


def plot(
    title: str, unit: str, series: Sequence[Series], until: float | None = None
) -> Plot | None:
    """Return *series* as a plot, up to the instant *until*; None where there is nothing to draw."""
    shown = [one for one in series if one.points][:COLOURS]
    if not shown:
        return None
    times = [point.at for one in shown for point in one.points] + ([until] if until else [])
    values = [point.value for one in shown for point in one.points]
    first, last = min(times), max(times)
    if last <= first:
        first, last = first - 1800, last + 1800
    elif any(one.kind == "steps" for one in shown):  # the last value is to be seen, too
        last += ROOM * (last - first)
    levels = nice(min(values), max(values))
    frame = _Frame(first, last, levels[0], levels[-1])
    paths = [path for n, one in enumerate(shown, 1) for path in _paths(one, n, frame)]
    digits = max(0, 2 if levels[1] - levels[0] < 1 else 0)
    return Plot(
        title,
        unit,
        shown,
        paths,
        [Tick(frame.x(at) / 10, text) for at, text in instants(first, last)],
        [Tick(frame.y(level) / 10, f"{level:,.{digits}f}") for level in levels],
    )


class _Frame(NamedTuple):
    """From instants and values to places in the picture."""

    first: float
    last: float
    low: float
    high: float

    def x(self, at: float) -> float:
        return round(SIZE * (at - self.first) / (self.last - self.first), 1)

    def y(self, value: float) -> float:
        return round(SIZE * (self.high - value) / (self.high - self.low), 1)


def _paths(one: Series, colour: int, frame: _Frame) -> list[Path]:
    points = thinned(one.points)
    if one.kind == "dots":
        dots = "".join(f"M{frame.x(at)} {frame.y(value)}h0" for at, value, _ in points)
        return [Path(colour, "dots", dots)]
    if one.kind == "steps":
        return _steps(points, colour, frame)
    if len(points) == 1:
        return [Path(colour, "dots", f"M{frame.x(points[0].at)} {frame.y(points[0].value)}h0")]
    corners = "L".join(f"{frame.x(at)} {frame.y(value)}" for at, value, _ in points)
    return [Path(colour, "line", f"M{corners}")]


def _steps(points: Sequence[Point], colour: int, frame: _Frame) -> list[Path]:
    """Return the paths of values that hold until the next: dashed where the thing was gone."""
    had: list[str] = []
    gone: list[str] = []
    ends = [*points, Point(frame.last, points[-1].value)]
    for point, following in pairwise(ends):
        part = f"M{frame.x(point.at)} {frame.y(point.value)}H{frame.x(following.at)}"
        (gone if point.is_missing else had).append(f"{part}V{frame.y(following.value)}")
    found = [Path(colour, "line", "".join(had)), Path(colour, "gone", "".join(gone))]
    return [one for one in found if one.d]


def thinned(points: Sequence[Point], most: int = POINTS_MAX) -> Sequence[Point]:
    """Return at most about *most* points: of each span of time the lowest and the highest."""
    if len(points) <= most:
        return points
    size = 2 * len(points) / most
    found: list[Point] = []
    for number in range(most // 2):
        part = points[int(number * size) : int((number + 1) * size)]
        ends = {min(part, key=_value), max(part, key=_value)}
        found += sorted(ends, key=lambda point: point.at)
    return [points[0], *found, points[-1]]


def _value(point: Point) -> float:
    return point.value
