"""The words after ``scrapy prices``."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from scrapy.exceptions import UsageError

from crawlers.commands.product_words import read_product
from crawlers.product_names import PLATFORMS

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
        product = read_product(args[0])
        return cls(product.id, product.platforms, **more)
