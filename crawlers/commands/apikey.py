"""``scrapy apikey``: who may use the HTTP API."""

import argparse
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import fail, on_database
from crawlers.errors import AccountError
from crawlers.storage import users
from crawlers.storage.api_keys import SCOPES, ApiKey, Wanted, create, keys, revoke
from crawlers.storage.database import Database
from crawlers.verdict import Exit

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
USAGE = "expected create --name N --scope S, list, or revoke ID"

Work = Callable[[Database], Awaitable[Exit | None]]


class Command(ScrapyCommand):
    """Exit codes: 0 done, 1 there is no such key or the database fails, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "create --name N --scope S [--user NAME] [--expires 90d] | list | revoke ID"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Make, list and revoke keys of the HTTP API"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "create makes a key and shows it: only its hash is stored, so nobody can show it "
            "again. A key of a person may do no more than its person, sees what is theirs, and "
            "ends when they are disabled. list shows what keys there are. revoke takes what list "
            f"shows; a server notices within five seconds. {self.__doc__}"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what a new key is."""
        super().add_options(parser)
        parser.add_argument("--name", help="create: whose it is, or what it is for")
        scope = "create: read (what is stored), jobs (hand in, see its own), admin; may be repeated"
        parser.add_argument("--scope", action="append", default=[], choices=SCOPES, help=scope)
        parser.add_argument("--user", metavar="NAME", help="create: the person that it acts for")
        parser.add_argument("--expires", metavar="TIME", help="create: 12h, 90d or 52w from now")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        try:
            work = _work(args, opts)
        except UsageError as error:
            self.exitcode = fail("apikey", error, Exit.WRONG_USE)
            return
        self.exitcode = on_database(work)


def _work(args: list[str], opts: argparse.Namespace) -> Work:
    match args:
        case ["create"]:
            return _creating(opts)
        case ["list"]:
            return _list
        case ["revoke", key]:
            return _revoking(key)
    raise UsageError(USAGE)


def _revoking(key: str) -> Work:
    async def work(database: Database) -> Exit:
        found = re.sub(r"^crw_([0-9a-f]+).*", r"\1", key)  # as it is listed, or shown
        if not await revoke(database, found):
            return fail("apikey", f"there is no key {found[:60]!r}", Exit.FAILED)
        print(f"The key crw_{found} opens nothing any more.")
        return Exit.COMPLETED

    return work


def _creating(opts: argparse.Namespace) -> Work:
    name = (opts.name or "").strip()
    if not 0 < len(name) <= 100 or not name.isprintable():  # noqa: PLR2004 - a name for people
        raise UsageError("create needs --name, of 1 to 100 letters")
    if not opts.scope:
        raise UsageError(f"create needs --scope: {', '.join(SCOPES)}")
    expires_at = _instant(opts.expires) if opts.expires else None
    scopes = sorted(set(opts.scope))

    async def work(database: Database) -> None:
        owner = await _person(database, opts.user) if opts.user else None
        print(await create(database, Wanted(name, scopes, expires_at, owner)))

    return work


async def _person(database: Database, name: str) -> str:
    found = await users.find(database, name)
    if found is None:
        raise AccountError(f"there is no person {name[:100]!r}")
    return found.id


def _instant(text: str) -> datetime:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", text)
    if found is None:
        raise UsageError("--expires: expected a number and h, d or w, such as 90d")
    return datetime.now(UTC) + int(found[1]) * UNITS[found[2]]


async def _list(database: Database) -> None:
    from rich.table import Table  # noqa: PLC0415 - start-up

    from crawlers.terminal.screen import console  # noqa: PLC0415 - start-up

    table = Table("key", "name", "person", "scopes", "created (UTC)", "last used", "state")
    table.columns[0].no_wrap = True
    for key in await keys(database):
        state = _state(key)
        table.add_row(
            f"crw_{key.id}", key.name, key.person or "", " ".join(key.scopes), _day(key.created_at),
            _day(key.last_used_at), state, style=None if key.is_good else "dim",
        )  # fmt: skip
    console().print(table)


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {_day(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return f"{'good until' if key.is_good else 'expired'} {_day(key.expires_at)}"


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
