"""Permits: what this process may do with a request that a frontier shared by workers gave to it.

A request of any other kind has a permit that always holds. Who sends asks `permit_for`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from crawlers.errors import CrawlersError


class PermitLostError(IgnoreRequest, CrawlersError):
    """Raised by the download handler when the permit ended first: another worker has the request.

    Scrapy's IgnoreRequest, because nothing has failed: the other one sends it.
    """


class Permit:
    """One that always holds."""

    def check(self) -> None:
        """Raise PermitLostError unless the request may be sent now: the last look before it is."""

    def sent(self) -> None:
        """Note that the request leaves now."""

    def answered(self, status: int, retry_after_s: float | None) -> None:
        """Note how the site answered, and for how long it wants to be left alone."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold it for the length of a transfer. Raises PermitLostError as soon as it ends."""
        yield

    def keeps(self, delay_s: float) -> bool:  # noqa: ARG002 - of no interest to this one
        """Tell whether whoever gave the request out has left *delay_s* before it."""
        return True

    def lent(self, url: str) -> "Permit":  # noqa: ARG002 - of no interest to this one
        """Return the permit for *url*, which goes first in the place of this one: robots.txt."""
        return self


ALWAYS = Permit()
_permits: WeakKeyDictionary[Request, Permit] = WeakKeyDictionary()


def grant(request: Request, permit: Permit) -> None:
    """Give *request* its permit."""
    _permits[request] = permit


def permit_for(request: Request) -> Permit:
    """Return the permit of *request*."""
    return _permits.get(request, ALWAYS)
