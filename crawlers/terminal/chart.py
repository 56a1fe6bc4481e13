"""A price over time as lines of characters: it goes on as it is until it changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LEFT, RIGHT, UP, DOWN = 1, 2, 4, 8
LINES = {
    LEFT | RIGHT: "─",
    UP | DOWN: "│",
    UP: "╵",
    DOWN: "╷",
    LEFT | DOWN: "╮",
    LEFT | UP: "╯",
    RIGHT | DOWN: "╭",
    RIGHT | UP: "╰",
    LEFT | UP | DOWN: "┤",
    RIGHT | UP | DOWN: "├",
    LEFT | RIGHT | DOWN: "┬",
    LEFT | RIGHT | UP: "┴",
    LEFT | RIGHT | UP | DOWN: "┼",
}
"""What connects the sides of a cell."""
MISSING = "┄"
"""In place of a level line while the product cannot be had."""
PLAIN = str.maketrans("─│╵╷╮╯╭╰┤├┬┴┼┄", "-|||+++++++++.")
"""For terminals without these characters."""


@dataclass(frozen=True, slots=True)
class Step:
    """From *at* (epoch seconds) on, the value is this."""

    at: float
    value: int
    is_missing: bool = False


def chart(steps: Sequence[Step], end: float, width: int, height: int) -> list[str]:
    """Return *steps* as lines of *width* characters, the highest value first.

    *steps* are in order, at least one; the last goes on until *end*. One value alone is one line.
    """
    values = [step.value for step in steps]
    high, low = max(values), min(values)
    scale = (height - 1) / (high - low) if high > low else 0
    cells = [[" "] * width for _ in range(height if scale else 1)]
    for column, (seen, is_missing) in enumerate(_columns(steps, end, width)):
        rows = [round((high - value) * scale) for value in seen]
        top, bottom = min(rows), max(rows)
        for row in range(top, bottom + 1):
            sides = LEFT * (row == rows[0]) | RIGHT * (row == rows[-1])
            sides |= UP * (row > top) | DOWN * (row < bottom)
            cells[row][column] = MISSING if is_missing and top == bottom else LINES[sides]
    return ["".join(row) for row in cells]


def _columns(steps: Sequence[Step], end: float, width: int) -> Iterator[tuple[list[int], bool]]:
    """Yield for each column all values of its time, and whether the last of them is missing."""
    last = steps[0]
    scale = width / max(end - last.at, 1)
    inside: list[list[Step]] = [[] for _ in range(width)]
    for step in steps[1:]:
        inside[min(width - 1, int((step.at - steps[0].at) * scale))].append(step)
    for found in inside:
        values = [step.value for step in (last, *found)]
        last = found[-1] if found else last
        yield values, last.is_missing
