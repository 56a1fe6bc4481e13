"""Lists: each row stands for itself, and there are pages of them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from crawlers.errors import CrawlersError, PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.base import Item, Reject
from crawlers.page import FOREIGN, Found, translated
from spiders.vlr.cells import text_of

T = TypeVar("T", bound=Item)

PAGES: Final = ".action-container-pages .mod-page"


def each(
    page: HtmlPage, rows: Iterable[Node], read: Callable[[Node], Iterable[Found]]
) -> Iterator[Found]:
    """Read *rows*; one that cannot be read becomes a Reject, and the others go on.

    So does one that would take the place of another row of the page with other values.
    """
    seen: dict[tuple[object, ...], Found] = {}
    for number, row in enumerate(rows, 1):
        try:
            found = list(read(row))
            for one in found:
                _refuse_second(page, one, seen)
        except (CrawlersError, *FOREIGN) as error:
            ours = error if isinstance(error, PageError) else translated(page.url, error)
            yield Reject(f"row {number}", ours.problem, (row.html or "").encode())
        else:
            yield from found


def _refuse_second(page: HtmlPage, one: Found, seen: dict[tuple[object, ...], Found]) -> None:
    if isinstance(one, Item) and seen.setdefault((one.table, *one.key), one) != one:
        raise PageError(page.url, f"a second row of {one.table} is {one.key}"[:200])


def distinct(page: HtmlPage, rows: Iterable[T]) -> tuple[T, ...]:
    """Return *rows*; PageError if two would be one row of the table, and one of them lost."""
    found: dict[tuple[object, ...], T] = {}
    for row in rows:
        if row.key in found:
            raise PageError(page.url, f"two rows of {row.table} are {row.key}"[:200])
        found[row.key] = row
    return tuple(found.values())


def last_page(page: HtmlPage) -> int | None:
    """Return the highest number among the buttons below a list; None without buttons."""
    numbers = [
        int(text)
        for text in map(text_of, page.all(PAGES))
        if text and text.isascii() and text.isdigit()
    ]
    return max(numbers, default=None)
