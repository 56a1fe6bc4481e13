"""``scrapy user``: the people who may use the API and the dashboard."""

import argparse
import getpass
import sys
from collections.abc import Awaitable, Callable

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import Help, fail, on_database
from crawlers.errors import AccountError, ConfigError
from crawlers.extras import extra
from crawlers.roles import ROLES, Role
from crawlers.storage import users
from crawlers.storage.database import Database
from crawlers.storage.users import User, read_name
from crawlers.verdict import Exit

USAGE = "expected list, create NAME --role R, password NAME, role NAME R, disable NAME, enable NAME"
HELP = """\
Keep the people who sign in to the dashboard and the API.

  (no word), list       list them
  create NAME --role R  make one; asks for a password, or reads a line of standard input
  password NAME         set a new password; all sessions of NAME end
  role NAME R           administrator (everything), member (hands in jobs, sees what is theirs)
                        or reader (what is stored)
  disable NAME          end all sessions; keys and links of NAME open nothing from now on
  enable NAME           take that back; sessions stay ended

Exit codes: 0 done, 1 there is no such person or the database fails, 2 wrong use.
"""

Work = Callable[[Database], Awaitable[Exit | None]]


class Command(ScrapyCommand):
    """Keep people."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "[list | create NAME --role R | password|disable|enable NAME | role NAME R]"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Keep the people who sign in"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what a new person is."""
        super().add_options(parser)
        parser.formatter_class = Help
        parser.add_argument("--role", choices=ROLES, help="create: what they may do")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the words say; what is wrong is one line on standard error."""
        try:
            work = _work(args, opts)
        except (AccountError, ConfigError, UsageError) as error:
            self.exitcode = fail("user", error, Exit.WRONG_USE)
        except (KeyboardInterrupt, EOFError):
            self.exitcode = fail("user", "stopped", Exit.FAILED)
        else:
            self.exitcode = on_database(work)


def _work(args: list[str], opts: argparse.Namespace) -> Work:
    if opts.role and args[:1] != ["create"]:
        raise UsageError("only create takes --role")
    match args:
        case [] | ["list"]:
            return _list
        case ["create", name]:
            return _creating(read_name(name), opts.role)
        case ["password", name]:
            password = hashed(asked(), name)
            return _changing(name, lambda db, user: users.set_password(db, user.id, password))
        case ["role", name, role] if role in ROLES:
            return _changing(name, lambda db, user: users.set_role(db, user.id, role))
        case ["disable" | "enable" as word, name]:
            is_over = word == "disable"
            return _changing(name, lambda db, user: users.disable(db, user.id, is_over=is_over))
    raise UsageError(USAGE)


def _changing(name: str, change: Callable[[Database, User], Awaitable[None]]) -> Work:
    async def work(database: Database) -> Exit:
        user = await users.find(database, name)
        if user is None:
            return fail("user", f"there is no person {name[:100]!r}", Exit.FAILED)
        await change(database, user)
        print(f"Done. Servers notice within five seconds: {user.name}")
        return Exit.COMPLETED

    return work


def _creating(name: str, role: Role | None) -> Work:
    if role is None:
        raise UsageError(f"create needs --role: {', '.join(ROLES)}")
    password = hashed(asked(), name)

    async def work(database: Database) -> None:
        await users.create(database, name, role, password)
        print(f"{name} may sign in now, as {role}.")

    return work


def asked() -> str:
    """Return a password: typed twice on a terminal, else one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise UsageError("these are two passwords: nothing was changed")
    return password


def hashed(password: str, name: str) -> str:
    """Return what is stored of *password*. Raises AccountError for one that is too weak."""
    with extra("server", "accounts need"):
        from crawlers import passwords  # noqa: PLC0415 - an extra
    return passwords.hashed(passwords.checked(password, name))


async def _list(database: Database) -> None:
    from rich.table import Table  # noqa: PLC0415 - start-up

    from crawlers.terminal.screen import console  # noqa: PLC0415 - start-up

    table = Table("name", "role", "since (UTC)", "signs in by", "state")
    for user in await users.users(database):
        is_over = user.disabled_at is not None
        table.add_row(
            user.name, user.role, f"{user.created_at:%Y-%m-%d %H:%M}",
            user.issuer or "password", "disabled" if is_over else "good",
            style="dim" if is_over else None,
        )  # fmt: skip
    console().print(table)
