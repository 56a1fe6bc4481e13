"""The requests that this worker has: in stock, begun, and how each of them ends."""

from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.engine import is_closing
from crawlers.frontier.leases import Child, Lease, Leases
from crawlers.frontier.telling import Teller
from crawlers.harvest import Harvest
from crawlers.permits import grant
from crawlers.units import UNIT
from crawlers.verdict import KNOWN

LEASE = "_lease"
"""The meta key by which a redirect or a retry is known as the child of what it replaces."""
UNSENT_S = 1.0
"""What is in stock for longer goes back: somebody else may send it now."""
AGAIN_MS = 1000
"""A request that could not be stored waits so long for its next attempt."""


class Work:
    """Begun requests are completed once they are stored, or replaced; all others go back.

    Stats: ``scheduler/dequeued/redis``, ``frontier/released``, ``frontier/lost`` (leases that ended
    too early), ``frontier/late`` (requests that ended after that).
    """

    def __init__(self, crawler: Crawler, teller: Teller) -> None:
        """Tell *teller* how requests end."""
        self.leases = Leases(self._lost)
        self._crawler = crawler
        self._stats = crawler.stats
        self._teller = teller
        self._stock: deque[Lease] = deque()
        self._by_request: WeakKeyDictionary[Request, Lease] = WeakKeyDictionary()
        self._by_token: dict[str, Lease] = {}
        self._known = 0
        crawler.signals.connect(self._item_stored, signals.item_scraped)
        crawler.signals.connect(self._item_failed, signals.item_error)
        crawler.signals.connect(self._item_dropped, signals.item_dropped)

    @property
    def in_stock(self) -> int:
        """How many requests have not begun."""
        return len(self._stock)

    def take(self, lease: Lease, request: Request) -> None:
        """Put *lease* of *request* in stock."""
        token = lease.token.decode()
        request.meta[LEASE] = token
        lease.request = request
        self.leases.add(lease)
        self._by_token[token] = lease
        self._stock.append(lease)

    def begin(self) -> Request | None:
        """Return the next request in stock whose lease still holds."""
        while self._stock:
            lease = self._stock.popleft()
            request, lease.request = lease.request, None
            if request is not None and not lease.is_lost and lease.left_s > 0:
                self._by_request[request] = lease
                grant(request, lease)
                if lease.units.isdigit():
                    request.meta[UNIT] = int(lease.units)
                self._stats.inc_value("scheduler/dequeued/redis")
                return request
        return None

    def parent(self, request: Request | None, token: str | None) -> Lease | None:
        """Return the lease that a new request came from, unless it has been lost."""
        lease = (
            self._by_token.get(token or "") if request is None else self._by_request.get(request)
        )
        return None if lease is None or lease.is_lost else lease

    def add_child(self, lease: Lease, child: Child, *, replaces: bool) -> None:
        """Keep *child* until *lease* is completed; one that *replaces* its request completes it."""
        lease.children.append(child)
        lease.is_replaced = lease.is_replaced or replaces

    def give_back(self, *, unsent_s: float = UNSENT_S) -> None:
        """Give back what has been in stock for longer than *unsent_s*."""
        while self._stock and self._stock[0].age_s >= unsent_s:
            lease = self._stock.popleft()
            if self._drop(lease):
                self._stats.inc_value("frontier/released")
                self._teller.release(lease, "it lay unsent in the stock of a worker")

    def finished(self, request: Request) -> None:
        """Tell how *request* has ended, by the engine's own word."""
        lease = self._by_request.pop(request, None)
        if lease is None:
            return  # robots.txt and the like are not ours
        if not self._drop(lease):
            self._stats.inc_value("frontier/late")
            return
        lease.settle()
        if lease.failure:
            self._teller.release(lease, lease.failure, wait_ms=AGAIN_MS, counted=True)
        elif lease.is_stored or lease.is_replaced:
            lease.rows += self.newly_known()
            self._teller.complete(lease)
        else:
            self._stats.inc_value("frontier/released")
            is_fault = not is_closing(self._crawler)
            self._teller.release(lease, "it ended without a harvest", counted=is_fault)

    def newly_known(self) -> int:
        """Count the rows that were found to be stored already, since this was asked before."""
        before, self._known = self._known, self._stats.get_value(KNOWN, 0)
        return self._known - before

    def _drop(self, lease: Lease) -> bool:
        self._by_token.pop(lease.token.decode(), None)
        return self.leases.drop(lease)

    def _lost(self, lease: Lease) -> None:
        self._by_token.pop(lease.token.decode(), None)
        self._stats.inc_value("frontier/lost")

    def _item_stored(self, item: Any, response: Response | None) -> None:
        if (lease := self._lease_of(response)) is None:
            return
        lease.is_stored = True
        if not isinstance(item, Harvest):
            return
        lease.rows += len(item.items)
        if item.trouble is not None:
            outcome, reason = item.trouble
            lease.fail(reason, outcome)

    def _item_failed(self, response: Response | None) -> None:
        if (lease := self._lease_of(response)) is not None:
            lease.failure = "what it yielded could not be stored"

    def _item_dropped(self, response: Response | None, exception: Exception) -> None:
        if (lease := self._lease_of(response)) is not None:
            lease.is_stored = True
            lease.children.clear()
            lease.fail(f"dropped: {exception}")

    def _lease_of(self, response: Response | None) -> Lease | None:
        request = response.request if response is not None else None
        return self._by_request.get(request) if request is not None else None
