"""The words after ``scrapy prices``."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from scrapy.exceptions import UsageError

from crawlers.items.products import Platform

PLATFORMS: tuple[str, ...] = get_args(Platform)
NAMED = re.compile(rf"(?:({'|'.join(PLATFORMS)}):)?([1-9][0-9]{{0,19}})")
ADDRESSES = {
    "shopee": re.compile(r"[-/]i\.\d+\.([1-9]\d{0,19})/?$|/product/\d+/([1-9]\d{0,19})/?$"),
    "tiktok_shop": re.compile(r"/(?:view/product|pdp(?:/[^/]+)?)/([1-9]\d{0,19})/?$"),
}
"""Where the id of a product is in the path of its address."""
DAYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed: the product's id, where it may be, and what to show of it."""

    id: str
    platforms: Sequence[str] = PLATFORMS
    variant: str | None = None
    days: int | None = None
    json: bool = False

    @classmethod
    def read(cls, args: Sequence[str], opts: argparse.Namespace) -> "Words":
        """Read the command line. Raises UsageError."""
        if len(args) != 1:
            raise UsageError("say which product: scrapy prices PRODUCT")
        if opts.days is not None and not 1 <= opts.days <= DAYS_MAX:
            raise UsageError(f"--days takes a number from 1 to {DAYS_MAX:,}")
        more = {"variant": opts.variant, "days": opts.days, "json": opts.json}
        if named := NAMED.fullmatch(args[0]):
            platforms = (named[1],) if named[1] else PLATFORMS
            return cls(named[2], platforms, **more)
        path = re.split(r"[?#]", args[0], maxsplit=1)[0]
        for platform, pattern in ADDRESSES.items():
            if found := pattern.search(path):
                return cls(next(filter(None, found.groups())), (platform,), **more)
        raise UsageError(f"neither the address of a product nor an id: {args[0]!r}")
