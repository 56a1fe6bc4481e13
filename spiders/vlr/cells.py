"""Small things that stand in the cells of VLR.gg: ids, flags, images, numbers, headings.

What the site leaves empty is None. Text of another shape raises ValueError, which a page turns
into a PageError.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urljoin

from crawlers.html import Node

NOTHING: Final = frozenset({"", "-", "–", "—", "TBD", "N/A"})  # noqa: RUF001 - the site's dashes
"""What the site writes where it has no value; a no-break space is stripped before."""

PLACEHOLDERS: Final = ("/img/vlr/tmp/", "/img/base/ph/")
"""Folders of the images that stand where there is none."""

CURRENCIES: Final = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₩": "KRW", "R$": "BRL"}
NO_MINOR: Final = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "VND"})
"""Currencies whose unit has no cents (ISO 4217)."""

IN_CENTS: Final = frozenset({
    "AED", "ARS", "AUD", "BOB", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "EGP", "EUR",
    "GBP", "GEL", "HKD", "HUF", "IDR", "ILS", "INR", "KZT", "LKR", "MAD", "MNT", "MXN", "MYR",
    "NOK", "NPR", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK",
    "SGD", "THB", "TRY", "TWD", "UAH", "USD", "UYU", "ZAR",
})  # fmt: skip
"""Currencies of a hundred cents; other letters after a number are a word, such as TBD."""

_ID: Final = re.compile(r"^(?:https?:)?(?://[^/?#]*)?[^?#]*?/(\d{1,12})(?=[/?#]|$)", re.ASCII)
_FLAG: Final = re.compile(r"(?:^| )mod-([a-z]{2,3})(?= |$)")
_WHOLE: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+|[+-]?\d{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,6})?", re.ASCII)
_MONEY: Final = re.compile(
    r"(R\$|[$€£¥₩])?\s*(\d{1,3}(?:,\d{2,3}){0,5},\d{3}|\d{1,15})(?:\.(\d\d))?"
    r"(?![\d.,]|\s?(?:[kKmMbB]|mil|million|billion)\b)(?:\s*([A-Z]{3})\b)?",
    re.ASCII,
)


def id_in(href: str) -> str | None:
    """Return the first segment of the path that is a number.

    Right for ``/team/1034/nrg/?src=idx``, ``/search/r/team/1034/idx`` and ``/542272/a-vs-b``.
    """
    found = _ID.match(href)
    return found[1] if found else None


def required_id(href: str) -> str:
    """Return the id in *href*; ValueError without one."""
    if (found := id_in(href)) is None:
        raise ValueError(f"no id in {href[:120]!r}")
    return found


def image(url: str, src: str | None) -> str | None:
    """Return an image's address, seen on the page at *url*; None for a placeholder."""
    if not src or any(folder in src for folder in PLACEHOLDERS):
        return None
    return f"https:{src}" if src.startswith("//") else urljoin(url, src)


def country(flag: Node | None) -> str | None:
    """Return ``us`` for ``<i class="flag mod-us">``; None for the flag of nowhere, ``mod-un``."""
    if flag is None:
        return None
    found = _FLAG.search(flag.attributes.get("class") or "")
    return None if found is None or found[1] == "un" else found[1]


def classes(node: Node) -> list[str]:
    """Return the classes of an element; perhaps none."""
    return (node.attributes.get("class") or "").split()


def below(node: Node) -> Iterator[Node]:
    """Yield every element in *node* in document order: much faster than a selector for few."""
    elements = node.traverse(include_text=False)
    next(elements)
    return elements


def text_of(node: Node | None) -> str | None:
    """Return the text of *node* and all below, white space as one space; None for none."""
    return None if node is None else " ".join(node.text().split()) or None


def own_text(node: Node) -> str | None:
    """Return the text that stands directly in *node*, without that of its elements."""
    return " ".join(node.text(deep=False).split()) or None


def name_in(node: Node) -> str | None:
    """Return the name that stands in *node*: without what is pinned to it, if there is more."""
    return own_text(node) or text_of(node)


def said(text: str | None) -> str | None:
    """Return *text* without white space around it, or None where the site says nothing."""
    bare = "" if text is None else text.strip()
    return None if bare in NOTHING else bare


def whole(text: str | None) -> int | None:
    """Read a whole number, perhaps with a sign or with commas between thousands."""
    if (bare := said(text)) is None:
        return None
    if not _WHOLE.fullmatch(bare):
        raise ValueError(f"{bare[:40]!r} is no whole number")
    return int(bare.replace(",", ""))


def decimal(text: str | None) -> float | None:
    """Read a number such as ``1.07`` or ``142``."""
    if (bare := said(text)) is None:
        return None
    if not _DECIMAL.fullmatch(bare):
        raise ValueError(f"{bare[:40]!r} is no number")
    return float(bare)


def percent(text: str | None) -> float | None:
    """Read ``75%`` as 75.0."""
    if (bare := said(text)) is None:
        return None
    if not bare.endswith("%"):
        raise ValueError(f"{bare[:40]!r} is no percentage")
    return decimal(bare[:-1])


def money(text: str | None) -> tuple[int, str] | None:
    """Read ``$1,000,000`` or ``€10,000 EUR~ $11,825`` as minor units and currency.

    A code after the number says more than the sign before it. None where no currency is named, and
    for a number in another form, such as ``$1.5M``: a part of it would be another amount.
    """
    found = _MONEY.match(text.strip()) if text else None
    if not found:
        return None
    currency = found[4] or CURRENCIES.get(found[1])
    if currency not in IN_CENTS | NO_MINOR:
        return None
    units = int(found[2].replace(",", ""))
    return (units if currency in NO_MINOR else units * 100 + int(found[3] or 0)), currency


def credits_in(text: str | None) -> int | None:
    """Read ``3.4k`` as 3400, and a plain number as it is."""
    bare = said(text)
    if bare is None or not bare.endswith("k"):
        return whole(bare)
    thousands = decimal(bare[:-1])
    return None if thousands is None else round(thousands * 1000)


def columns(headings: Iterable[Node]) -> dict[str, int]:
    """Return where each column is, by its heading in lower case: the title, or else the text.

    A heading that is there twice is an error: nobody could say which is meant.
    """
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = (heading.attributes.get("title") or text_of(heading) or "").strip().lower()
        if name and name in places:
            raise ValueError(f"two columns are called {name[:40]!r}")
        if name:
            places[name] = place
    return places
