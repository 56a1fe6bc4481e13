"""A product as people name it: the address of its page, ``PLATFORM:ID`` or an id."""

import re
from collections.abc import Sequence
from typing import NamedTuple, get_args

from crawlers.items.products import Platform

PLATFORMS: tuple[str, ...] = get_args(Platform)
NAMED = re.compile(rf"(?:({'|'.join(PLATFORMS)}):)?([1-9][0-9]{{0,19}})")
ADDRESSES = {
    "shopee": re.compile(r"[-/]i\.\d+\.([1-9]\d{0,19})/?$|/product/\d+/([1-9]\d{0,19})/?$"),
    "tiktok_shop": re.compile(r"/(?:view/product|pdp(?:/[^/]+)?)/([1-9]\d{0,19})/?$"),
}
"""Where the id of a product is in the path of its address."""


class Named(NamedTuple):
    """The id of a product, and the platforms that it may be on."""

    id: str
    platforms: Sequence[str]


def read_product(word: str) -> Named:
    """Return the product that *word* names. Raises ValueError."""
    if named := NAMED.fullmatch(word):
        return Named(named[2], (named[1],) if named[1] else PLATFORMS)
    path = re.split(r"[?#]", word, maxsplit=1)[0]
    for platform, pattern in ADDRESSES.items():
        if found := pattern.search(path):
            return Named(next(filter(None, found.groups())), (platform,))
    raise ValueError(f"neither the address of a product nor an id: {word!r}")


def read_one(word: str) -> tuple[str, str]:
    """Return platform and id of the product that *word* names. Raises ValueError."""
    found = read_product(word)
    if len(found.platforms) > 1:
        raise ValueError(
            f"say where {word} is: {' or '.join(f'{one}:{word}' for one in PLATFORMS)}"
        )
    return found.platforms[0], found.id
