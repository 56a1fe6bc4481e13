"""``scrapy serve``: the HTTP API, with a dispatcher beside it if that is asked."""

import argparse
import asyncio
import socket
from ipaddress import ip_address

from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from crawlers import jsonlog
from crawlers.commands.common import fail
from crawlers.config import config
from crawlers.errors import ConfigError, CrawlersError
from crawlers.storage.api_keys import create_first, keys
from crawlers.storage.database import Database
from crawlers.verdict import Exit

NO_KEY = "no API key is good for anything: make one first with scrapy apikey create"


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
            "Serves the HTTP API until Ctrl-C. On this machine alone the first start makes an API "
            "key for an administrator and shows it once; a server that others can reach starts "
            f"only where there are keys (scrapy apikey). {self.__doc__}"
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
            _configure_logging(self.settings)
            self.exitcode = _serve(self.settings, opts)
        except ConfigError as error:
            self.exitcode = fail("serve", error, Exit.WRONG_USE)
        except CrawlersError as error:
            self.exitcode = fail("serve", error, Exit.FAILED)
        except KeyboardInterrupt:
            self.exitcode = fail("serve", "stopped", Exit.FAILED)


def _configure_logging(settings: Settings) -> None:
    if config().log_format == "json":
        jsonlog.install(settings)
    else:
        configure_logging(settings)


def _serve(settings: Settings, opts: argparse.Namespace) -> Exit:
    try:
        from crawlers.api import app, server  # noqa: PLC0415 - an extra, which takes time
    except ModuleNotFoundError as error:
        raise ConfigError(f"it needs an extra: pip install 'crawlers[server]' ({error})") from None
    try:
        listener = server.listening(opts.host, opts.port)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        where = f"{opts.host}:{opts.port}"
        return fail("serve", f"cannot listen at {where}: {reason.lower()}", Exit.FAILED)

    def say() -> None:
        print(f"The API answers at {_address(listener)}/v1 (Ctrl-C ends it).", flush=True)

    async def work() -> Exit:
        api = app.create_app(settings, config())
        try:
            await _check_keys(api.state.crawlers.database, opts.host)
            code = await server.serve(api, listener, say, _dispatcher(opts))
        finally:
            await api.state.crawlers.close()
        return fail("serve", "the dispatcher has ended", Exit.FAILED) if code else Exit.COMPLETED

    with listener:
        return asyncio.run(work())


async def _check_keys(database: Database, host: str) -> None:
    """Make the first key on a laptop. Raises ConfigError for an API that nobody could use."""
    if _is_this_machine(host):
        shown = await create_first(database, "first start", ["admin"])
        if shown is not None:
            print(f"API key of an administrator, shown only now: {shown}", flush=True)
    elif not any(key.is_good for key in await keys(database)):
        raise ConfigError(NO_KEY)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _dispatcher(opts: argparse.Namespace) -> list[str]:
    """Return the command of the dispatcher, with the settings that were given to us."""
    if not opts.with_dispatcher:
        return []
    return ["-m", "scrapy", "work", *(word for one in opts.set for word in ("-s", one))]
