"""``scrapy collection``: products put together under a name."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import fail, on_database, readable
from crawlers.commands.product_words import read_one
from crawlers.storage.collections import ProductId
from crawlers.storage.database import Database
from crawlers.verdict import Exit

ACTIONS = ("list", "create", "show", "add", "take", "remove")
NAME_MAX = 100


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed."""

    action: str = "list"
    name: str = ""
    products: Sequence[ProductId] = ()

    @classmethod
    def read(cls, args: Sequence[str], opts: argparse.Namespace) -> "Words":
        """Read the command line, and the file that it names. Raises UsageError."""
        action, *rest = args or ["list"]
        if action not in ACTIONS:
            raise UsageError(f"unknown word {action!r} (known: {', '.join(ACTIONS)})")
        takes_products = action in {"create", "add", "take"}
        if opts.products and not takes_products:
            raise UsageError("only create, add and take have --products")
        if action == "list":
            if rest:
                raise UsageError("list takes no more words")
            return cls()
        if not rest or (rest[1:] and not takes_products):
            raise UsageError(f"name one collection: scrapy collection {action} NAME")
        words = [*rest[1:], *_lines(opts.products)]
        if action in {"add", "take"} and not words:
            raise UsageError(f"say which products: scrapy collection {action} NAME PRODUCT ...")
        name = rest[0]
        if not 0 < len(name) <= NAME_MAX or not name.isprintable():
            raise UsageError(f"a name has 1 to {NAME_MAX} letters")
        return cls(action, name, [ProductId(*read_one(word)) for word in words])


def _lines(path: str | None) -> list[str]:
    if path is None:
        return []
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    return [line.strip() for line in lines if line.strip()]


class Command(ScrapyCommand):
    """Exit codes: 0 done, 1 the database fails, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[list | create|show|add|take|remove NAME [PRODUCT ...]]"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Put products together, for alerts and comparisons"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "create makes a collection, add and take put products in and out, show lists them "
            "with their prices, remove forgets the collection, never its products. PRODUCT is an "
            "address or PLATFORM:ID; it may be one that was not crawled yet. Of collections that "
            f"API keys have made, say the id. {self.__doc__}"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``--products``."""
        super().add_options(parser)
        parser.add_argument("--products", metavar="FILE", help="more products, one a line")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        try:
            words = Words.read(args, opts)
        except UsageError as error:
            self.exitcode = fail("collection", error, Exit.WRONG_USE)
            return

        async def work(database: Database) -> Exit:
            from crawlers.terminal.collections import act  # noqa: PLC0415 - rich takes time

            return await act(database, words)

        with readable():
            self.exitcode = on_database(work)
