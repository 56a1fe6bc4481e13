"""What may happen to a download: the kinds that are worth another try, and what else is expected.

The one list of them: the retries, the circuit breaker, robots.txt and the last middleware of all
(`middlewares/giveup.py`) go by it.
"""

import re
from enum import StrEnum

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

from crawlers.errors import BrowserError, CrawlersError, ProxyTunnelError, TurnLostError

OBJECT = re.compile(r" ssl:(<[^>]*>|\w+)")


class Kind(StrEnum):
    """A kind of failure that may pass. The names are the rows of the setting RETRY_WAITS."""

    REFUSED = "refused"
    """Nobody listens, or TLS did not come about."""
    DNS = "dns"
    TIMEOUT = "timeout"
    LOST = "lost"
    """The connection broke, or the body was not whole."""
    SERVER = "server"
    """HTTP 5xx."""
    BUSY = "busy"
    """HTTP 429 and 503: the site asks for room."""
    TURN = "turn"
    """Our own database took the turn at a serial site away."""
    PROXY = "proxy"
    BROWSER = "browser"


KINDS: dict[type[Exception], Kind] = {
    CannotResolveHostError: Kind.DNS,
    DownloadConnectionRefusedError: Kind.REFUSED,
    DownloadFailedError: Kind.LOST,
    DownloadTimeoutError: Kind.TIMEOUT,
    ResponseDataLossError: Kind.LOST,
    BrowserError: Kind.BROWSER,
    ProxyTunnelError: Kind.PROXY,
    TurnLostError: Kind.TURN,
}
"""What is tried again. ProxyDownError is not here: `middlewares/session.py` chooses anew."""

EXPECTED = (
    *KINDS,
    CrawlersError,
    DownloadCancelledError,
    IgnoreRequest,
    UnsupportedURLSchemeError,
)
"""What happens to downloads. Anything else is a fault of ours and shows its traceback."""

OF_THE_SITE = frozenset(
    {Kind.REFUSED, Kind.DNS, Kind.TIMEOUT, Kind.LOST, Kind.SERVER, Kind.BUSY},
)
"""What says something about the site, and not about our database, a proxy or a browser."""

REQUEST_TIMEOUT, SERVER_ERROR = 408, 500
TOO_BUSY = frozenset({429, 503})


def kind_of(error: Exception) -> Kind | None:
    """Return the kind of *error*, or None when another try would end in the same way."""
    return next((kind for cls, kind in KINDS.items() if isinstance(error, cls)), None)


def kind_of_status(status: int) -> Kind | None:
    """Return the kind of an HTTP *status*, or None for an answer that stands: 404 is one."""
    if status in TOO_BUSY:
        return Kind.BUSY
    if status == REQUEST_TIMEOUT:
        return Kind.TIMEOUT
    return Kind.SERVER if status >= SERVER_ERROR else None


def described(error: Exception) -> str:
    """Return one bounded line: the class, and what it says, without objects of aiohttp's."""
    said = OBJECT.sub("", str(error).split("\n", 1)[0])
    return f"{type(error).__name__}: {said}"[:300]
