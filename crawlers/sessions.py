"""Sessions: which proxy and which identity a request uses, by the name in ``meta["session"]``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

from crawlers.proxies import Proxy


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request says that it is, for the whole life of its session.

    ``user_agent`` None: the truthful one, for plain requests ours with the contact, in a browser
    the browser's own. A rotated identity is always a desktop Chromium on this machine's system.
    """

    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers; none of them where the identity is the truthful one."""
    viewport: tuple[int, int] | None = None
    """Width and height in CSS pixels."""
    locale: str | None = None


TRUTHFUL = Identity()


class Sessions:
    """The sessions of one crawl. Ask only inside the download handler: proxies hold secrets."""

    def proxy(self, name: str | None) -> Proxy | None:
        """Return the proxy of session *name*; None where the crawl is to use no proxy at all.

        Raises ProxyDownError when the crawl has proxies and *name* is no live session: the request
        must not be sent. `middlewares/session.py` puts it off and chooses anew.
        """
        del name
        return None

    def identity(self, name: str | None) -> Identity:
        """Return the identity of session *name*: the truthful one unless rotation is on."""
        del name
        return TRUTHFUL


_sessions: WeakKeyDictionary[Crawler, Sessions] = WeakKeyDictionary()


def sessions_for(crawler: Crawler) -> Sessions:
    """Return the one `Sessions` of *crawler*, made at the first call."""
    if crawler not in _sessions:
        _sessions[crawler] = Sessions()
    return _sessions[crawler]
