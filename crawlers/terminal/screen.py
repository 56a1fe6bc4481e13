"""What all that is shown on a terminal shares. Text of others is text, never markup."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

WIDE = 160
"""The width where nobody watches."""


def console() -> Console:
    """Return a console that takes no text of others for markup."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(markup=False, emoji=False, highlight=False, width=width)


def grid(words: Sequence[str], sums: Sequence[str]) -> Table:
    """Return a table without lines: columns of *words*, then of numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in words:
        table.add_column(name, overflow="ellipsis")
    for name in sums:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def clean(text: str | None) -> str:
    """Return *text* with a space for all that does not print: line ends, escapes, directions."""
    return "".join(one if one.isprintable() else " " for one in text or "")
