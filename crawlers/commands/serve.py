"""``scrapy serve``: the HTTP API, with a dispatcher beside it if that is asked."""

import argparse
import asyncio
import socket
from secrets import token_urlsafe

from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from crawlers import logs, sentry
from crawlers.addresses import is_this_machine
from crawlers.commands.common import fail
from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError
from crawlers.extras import extra
from crawlers.storage import api_keys, users
from crawlers.storage.database import Database
from crawlers.verdict import Exit

NOBODY = "nobody could use it: make a person first with scrapy user create"
FIRST = "admin"
"""The name of the first administrator."""


class Command(ScrapyCommand):
    """Exit codes: 0 stopped by a signal, 1 it cannot listen or use the database, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Answer over HTTP: jobs, and what is stored"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "Serves dashboard and HTTP API until Ctrl-C. On this machine alone the first start "
            "makes an administrator with a password and an API key, and shows both once; a server "
            "that others can reach starts only where there are people (scrapy user) or keys "
            f"(scrapy apikey). {self.__doc__}"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add where to listen, and ``--with-dispatcher``."""
        super().add_options(parser)
        parser.add_argument("--host", default="127.0.0.1", help="default: only this machine")
        parser.add_argument("--port", type=int, default=8000, help="0: any free one")
        beside = "start what is handed in, too: scrapy work in a process beside it"
        parser.add_argument("--with-dispatcher", action="store_true", help=beside)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serve; what is wrong is one line on standard error."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy before
        if args or not 0 <= opts.port < 2**16:
            self.exitcode = fail("serve", "expected --host and --port, no words", Exit.WRONG_USE)
            return
        try:
            logs.install(self.settings)
            configure_logging(self.settings)
            sentry.start(config(), "serve")
            self.exitcode = _serve(self.settings, opts)
        except ConfigError as error:
            self.exitcode = fail("serve", error, Exit.WRONG_USE)
        except CrawlersError as error:
            self.exitcode = fail("serve", error, Exit.FAILED)
        except KeyboardInterrupt:
            self.exitcode = fail("serve", "stopped", Exit.FAILED)


def _serve(settings: Settings, opts: argparse.Namespace) -> Exit:
    with extra("server", "it needs"):
        from crawlers.api import app, server  # noqa: PLC0415 - an extra, which takes time
    try:
        listener = server.listening(opts.host, opts.port)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        where = f"{opts.host}:{opts.port}"
        return fail("serve", f"cannot listen at {where}: {reason.lower()}", Exit.FAILED)

    def say() -> None:
        at = _address(listener)
        print(
            f"The dashboard is at {at}/, the API answers at {at}/v1 (Ctrl-C ends it).", flush=True
        )

    async def work() -> Exit:
        api = app.create_app(settings, config())
        try:
            await _check_people(api.state.crawlers.whole, opts.host)
            code = await server.serve(api, listener, say, _dispatcher(opts))
        finally:
            await api.state.crawlers.close()
        return fail("serve", "the dispatcher has ended", Exit.FAILED) if code else Exit.COMPLETED

    with listener:
        return asyncio.run(work())


async def _check_people(database: Database, host: str) -> None:
    """Make the first administrator on a laptop. ConfigError for an API that nobody could use."""
    if is_this_machine(host):
        await _make_first(database)
        return
    is_there = any(user.disabled_at is None for user in await users.users(database))
    if not is_there and not any(key.is_good for key in await api_keys.keys(database)):
        raise ConfigError(NOBODY)


async def _make_first(database: Database) -> None:
    from crawlers import passwords  # noqa: PLC0415 - an extra

    password = token_urlsafe(15)
    user = await users.create_first(database, FIRST, passwords.hashed(password))
    if user is not None:
        print(f"Sign in as {FIRST}; the password is shown only now: {password}", flush=True)
    shown = await api_keys.create_first(database, "first start", ["admin"], user)
    if shown is not None:
        print(f"API key of an administrator, shown only now: {shown}", flush=True)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _dispatcher(opts: argparse.Namespace) -> list[str]:
    """Return the command of the dispatcher, with the settings that were given to us."""
    if not opts.with_dispatcher:
        return []
    return ["-m", "scrapy", "work", *(word for one in opts.set for word in ("-s", one))]
