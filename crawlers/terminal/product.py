"""How a product and its prices look on a terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crawlers.storage.prices import Point, Statistics, Variant, Watched
from crawlers.terminal.amounts import change, duration, instant, money
from crawlers.terminal.chart import MISSING, PLAIN, Step, chart
from crawlers.terminal.screen import clean, grid

LAST = 10
"""Snapshots that are listed."""
NARROW = 80
CHART_WIDTH, CHART_LEAST = 100, 10
CHART_HEIGHT = 13
LABELLED = 4
"""One line of the chart in so many says its price."""
GONE = {"out_of_stock", "gone"}


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown. If a *variant* is asked for, statistics and points are its own.

    *of_days* and *points* are of the last *days*. Of statistics the latest currency comes first.
    """

    product: Watched
    variant: str | None
    variants: list[Variant]
    statistics: list[Statistics]
    days: int | None
    of_days: list[Statistics]
    points: list[Point]


def page(view: View, width: int, *, is_plain: bool) -> Group:
    """Return a product in *width* columns; *is_plain* draws with ASCII."""
    parts: list[RenderableType] = [*head(view), "", numbers(now(view)), ""]
    if view.of_days:
        latest = view.of_days[0]
        parts += [*graph(view, latest, width, is_plain=is_plain), ""]
        parts += [numbers(extremes(latest, view.days)), ""]
    for one in view.of_days[1:]:
        price = money(one.price_minor, one.currency)
        parts.append(
            f"also in {one.currency or 'no currency'}: {one.points:,} snapshots, the last {price}"
        )
    if view.points:
        parts.append(listed(view.points[: -LAST - 1 : -1], width))
    else:
        parts.append("no snapshot: neither price nor stock nor availability has been seen")
    if (left := len(view.points) - LAST) > 0:
        parts.append(Text(f"and {left:,} more: --json shows all", style="dim"))
    return Group(*parts)


def head(view: View) -> Iterator[Text]:
    """Yield which product it is."""
    product, shop = view.product, view.product.shop or view.product.shop_id
    yield Text(clean(product.name) or "(no name)", style="bold")
    yield Text(f"{product.platform}:{product.id}{f', shop {clean(shop)}' if shop else ''}")
    if product.url:
        yield Text(clean(product.url), style="dim")
    if view.variant:
        chosen = next((one for one in view.variants if one.id == view.variant), None)
        options = ", ".join(chosen.options or ()) if chosen else "no longer offered"
        yield Text(f"variant {view.variant}: {clean((chosen and chosen.name) or options)}")
    elif len(view.variants) > 1:
        ids = " ".join(one.id for one in view.variants)
        text = f"{len(view.variants):,} variants (--variant ID): {ids}"
        yield Text(text, style="dim", no_wrap=True, overflow="ellipsis")


def now(view: View) -> Iterator[tuple[str, str | Text]]:
    """Yield what is known of it now, and what changed."""
    if view.statistics:
        one = view.statistics[0]
        price = f"{one.currency or ''} {money(one.price_minor, one.currency)}"
        yield "price", Text(price.strip(), style="bold")
        days, first = one.since_yesterday_minor, one.since_first_minor
        yield "since yesterday", change(days, one.since_yesterday_percent, one.currency)
        yield "since first seen", change(first, one.since_first_percent, one.currency)
    else:
        yield "price", "unknown"
    last = view.points[-1] if view.points else None
    words = ((last and last.availability) or "unknown").replace("_", " ")
    stock = f", {last.stock:,} left" if last and last.stock is not None else ""
    yield "availability", words + stock
    yield "last seen", f"{instant(view.product.checked_at)} UTC"


def extremes(one: Statistics, days: int | None) -> Iterator[tuple[str, ...]]:
    """Yield the lowest, the highest, the median, and what was out of stock."""
    if days:
        yield (f"of {days:,} {'day' if days == 1 else 'days'}",)
    yield "lowest", money(one.lowest_minor, one.currency), instant(one.lowest_at)
    yield "highest", money(one.highest_minor, one.currency), instant(one.highest_at)
    yield "median", money(one.median_minor, one.currency), "of each day's last"
    times = one.out_of_stock_spells
    lasted = duration(one.out_of_stock_s) if times else ""
    yield "out of stock", f"{times:,} {'time' if times == 1 else 'times'}", lasted


def numbers(rows: Iterator[tuple[str | Text, ...]]) -> Table:
    """Return *rows*, each with its name first."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    for row in rows:
        table.add_row(*row)
    return table


def graph(view: View, one: Statistics, width: int, *, is_plain: bool) -> Iterator[Text]:
    """Yield the chart of the prices in one currency, with prices and days at its edges."""
    steps = list(steps_of(view.points, one.currency))
    end = max(view.product.checked_at, view.points[-1].at)
    scale = (one.highest_minor - one.lowest_minor) / (CHART_HEIGHT - 1)
    levels = [round(one.highest_minor - row * scale) for row in range(CHART_HEIGHT)]
    labels = [money(level, one.currency) for level in levels]
    margin = max(map(len, labels)) + 1
    room = max(CHART_LEAST, min(width, CHART_WIDTH) - margin)
    lines = chart(steps, end.timestamp(), room, CHART_HEIGHT)
    for number, line in enumerate(lines):
        label = labels[number] if number % LABELLED == 0 else ""
        drawn = line.translate(PLAIN) if is_plain else line
        yield row_of(f"{label:>{margin - 1}} ", drawn)
    yield row_of(" " * margin, ends(one.first_at, end, len(lines[0])))
    if any(MISSING in line for line in lines):
        text = f"{MISSING}  cannot be had"
        yield Text(" " * margin + (text.translate(PLAIN) if is_plain else text), style="dim")


def steps_of(points: Sequence[Point], currency: str | None) -> Iterator[Step]:
    """Yield the prices in *currency*; what a point does not say stays as it was."""
    price, is_missing = None, False
    for point in points:
        if point.price_minor is not None and point.currency == currency:
            price = point.price_minor
        if point.availability:
            is_missing = point.availability in GONE
        if price is not None:
            yield Step(point.at.timestamp(), price, is_missing)


def row_of(label: str, line: str) -> Text:
    """Return a line of the chart."""
    return Text.assemble((label, "dim"), line, no_wrap=True, overflow="crop")


def ends(first: datetime, last: datetime, width: int) -> str:
    """Return the two times at the ends of a line of *width* characters."""
    is_short = (last - first).days < 2  # noqa: PLR2004 - then the hours tell more
    names = [f"{at:%m-%d %H:%M}" if is_short else f"{at:%Y-%m-%d}" for at in (first, last)]
    return f"{names[0]}{names[1]:>{max(width - len(names[0]), len(names[1]) + 1)}}"


def listed(points: Sequence[Point], width: int) -> Table:
    """Return *points*, the latest first, with less on it where there is no room."""
    wide = ["list price", "stock", "sold", "rating"] if width >= NARROW else []
    table = grid(["snapshot (UTC)"], ["price", *wide])
    table.add_column("availability", no_wrap=True)
    for one in points:
        currency = one.currency
        more = [
            money(one.list_price_minor, currency),
            *("-" if count is None else f"{count:,}" for count in (one.stock, one.sold)),
            "-" if one.rating is None else f"{one.rating:.2f}",
        ]
        price = money(one.price_minor, currency)
        table.add_row(
            instant(one.at),
            price,
            *(more if wide else ()),
            (one.availability or "-").replace("_", " "),
        )
    return table
