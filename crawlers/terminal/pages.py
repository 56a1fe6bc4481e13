"""How a job looks on a terminal. What Redis says is shown as text, never as markup."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crawlers.frontier.overview import Counts, Host, Rate, View, Worker
from crawlers.terminal.screen import grid

COLOURS = {"running": "green", "paused": "yellow", "draining": "yellow"}
COUNTS = ("ready", "waiting", "leased", "done", "dead", "failed", "blocked", "lost")
LISTED = ("ready", "waiting", "leased", "done", "dead", "workers")
CELL = 9
"""Characters that one of the counts takes, at least."""
NARROW = 70
FRAME = 10
"""Lines of a page that are always there, or may be."""


def page(view: View, rate: Rate, width: int, height: int = 99, note: str = "") -> Group:
    """Return a job as it is shown, in *height* lines."""
    title = Text.assemble(("job ", "dim"), (view.counts.job, "bold"), "  ", state_of(view.counts))
    sums = sums_of(view.counts, rate.per_minute, width)
    lines = height - FRAME - 2 * sums.row_count
    workers = view.workers[: max(1, lines // 3)]
    hosts = view.hosts[: max(1, lines - len(workers))]
    parts: list[RenderableType] = [title, "", sums, ""]
    parts += part(workers_of(workers), view.workers_in_all, "workers")
    parts += part(hosts_of(hosts, width), view.hosts_in_all, "hosts")
    last = Text(note, style="dim", no_wrap=True, overflow="ellipsis")
    return Group(*parts, last) if note else Group(*parts[:-1])


def state_of(counts: Counts) -> Text:
    """Return the state of a job in its colour."""
    is_growing = not counts.is_seeded and counts.state != "ended"
    return Text(
        f"{counts.state}, being seeded" if is_growing else counts.state,
        style=COLOURS.get(counts.state, "bold"),
    )


def sums_of(counts: Counts, per_minute: float | None, width: int) -> Table:
    """Return the counts of a job, each below its name."""
    found = [(name, f"{getattr(counts, name):,}") for name in COUNTS]
    if counts.suspect:
        found.insert(3, ("suspect", f"{counts.suspect:,}"))
    found.append(("done/min", "-" if per_minute is None else f"{per_minute:,.0f}"))
    cells = [Text.assemble((name, "dim"), "\n", (value, "bold")) for name, value in found]
    cell = max(CELL, *(len(value) + 1 for _, value in found))
    in_row = max(1, min(len(cells), width // cell))
    table = Table.grid()
    for _ in range(in_row):
        table.add_column(justify="right", min_width=cell)
    for at in range(0, len(cells), in_row):
        table.add_row(*cells[at : at + in_row])
    return table


def workers_of(workers: Sequence[Worker]) -> Table:
    """Return a line for each worker."""
    table = grid(["worker"], ["heard (s ago)"])
    for one in workers:
        table.add_row(one.name, f"{one.silent_s:,.1f}")
    return table


def hosts_of(hosts: Sequence[Host], width: int) -> Table:
    """Return a line for each host, with less on it where there is no room."""
    names = ["places used"] if width < NARROW else ["ready", "places used", "delay (s)"]
    table = grid(["host"], names)
    table.add_column("asked next", no_wrap=True)
    for one in hosts:
        places = f"{one.used:,} of {one.limit:,}"
        values = [places] if width < NARROW else [f"{one.ready:,}", places, f"{one.delay_s:,.1f}"]
        table.add_row(one.name, *values, one.next)
    return table


def part(table: Table, in_all: int, what: str) -> list[RenderableType]:
    """Return a part of a page, and a line for what does not fit on it."""
    if not in_all:
        return [Text(f"no {what}", style="dim"), ""]
    left = in_all - table.row_count
    return [table, *([Text(f"and {left:,} more", style="dim")] if left > 0 else []), ""]
