"""What ``scrapy prices`` does: it asks the database, and prints the answer."""

import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from io import TextIOWrapper

from crawlers.commands.common import fail
from crawlers.commands.prices_words import Words
from crawlers.storage.database import Database
from crawlers.storage.prices import Series, Watched, history, products, statistics, variants
from crawlers.terminal.product import View, page
from crawlers.terminal.screen import console
from crawlers.verdict import Exit


async def show(database: Database, words: Words) -> Exit:
    """Print what *words* ask for; return the exit code."""
    found = await products(database, words.platforms, words.id)
    if not found:
        return fail("prices", f"no product {words.id} is stored", Exit.FAILED)
    if len(found) > 1:
        names = " or ".join(f"{one.platform}:{one.id}" for one in found)
        return fail("prices", f"more than one product has that id: say {names}", Exit.WRONG_USE)
    view = await look(database, found[0], words)
    if words.variant and not view.statistics and not view.points:
        return fail("prices", f"nothing is stored of a variant {words.variant!r}", Exit.FAILED)
    if words.json:
        print(json.dumps(asdict(view), default=plain))
        return Exit.COMPLETED
    if isinstance(sys.stdout, TextIOWrapper):  # what it cannot show is no error
        sys.stdout.reconfigure(errors="backslashreplace")
    screen = console()
    with screen.capture() as captured:  # rich would leave with 1 where nobody reads on
        screen.print(page(view, screen.width, is_plain=screen.options.ascii_only))
    print(captured.get(), end="")
    return Exit.COMPLETED


async def look(database: Database, product: Watched, words: Words) -> View:
    """Ask for all that there is to show of *product*. Days are whole ones, of UTC."""
    series, since = Series(product.platform, product.id, words.variant), None
    if words.days:
        today = product.checked_at.replace(hour=0, minute=0, second=0, microsecond=0)
        since = today - timedelta(days=words.days - 1)
    return View(
        product,
        words.variant,
        await variants(database, series),
        await statistics(database, series),
        words.days,
        await statistics(database, series, since),
        await history(database, series, since),
    )


def plain(value: object) -> object:
    """Return what JSON has no word for as text or number."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):  # per cent, never money
        return float(value)
    raise TypeError(f"no JSON for a {type(value).__name__}")
