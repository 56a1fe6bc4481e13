"""Sessions: which proxy and which identity a request uses, by the name in ``meta["session"]``."""

import logging
import random
import time
from uuid import uuid4
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawlers.config import config
from crawlers.errors import ConfigError
from crawlers.identities import TRUTHFUL, Identity, check_library, rotated
from crawlers.limits import limit_key, twin
from crawlers.proxies import Pause, PoolLimits, Proxy, ProxyPool, Session

__all__ = ["Identity", "Sessions", "sessions_for"]

logger = logging.getLogger(__name__)


class Sessions:
    """The sessions of one crawl.

    Ask for proxies only where the connection is made: they hold secrets. Who finds that a proxy
    failed raises a ProxyError; `middlewares/session.py` reports it to the pool.
    """

    def __init__(self, settings: BaseSettings) -> None:
        """Read PROXY_URLS and the settings. Raises ConfigError; rotation needs its library."""
        self._per_site = settings.getint("SESSIONS_PER_SITE", 1)
        self._settings = settings
        self._rotates = settings.getbool("IDENTITY_ROTATION_ENABLED")
        self._identities: dict[str, Identity] = {}
        if self._rotates:
            check_library()
        self.pool = ProxyPool(
            config().proxies,
            settings.get("SESSIONS_JOB") or uuid4().hex,
            clock=lambda: int(time.time() * 1000),
            random=random.random,
            country=config().proxy_country,
            limits=_limits(settings),
        )
        for proxy in config().proxies:
            if proxy.is_legacy:
                logger.warning("PROXY_URLS: %s is the old entrance, use port 33335", proxy)

    @property
    def has_proxies(self) -> bool:
        """Tell whether requests must go through proxies."""
        return bool(self.pool.urls)

    def choose(self, url: str, name: str | None) -> Session | Pause:
        """Return the session for *url*, *name* if it still will do; or how long to wait.

        A serial site has one session. Raises ProxyDownError when no proxy is left.
        """
        key = limit_key(url)
        is_serial = self._is_serial(key)
        chosen = self.pool.choose(key, name, per_site=1 if is_serial else self._per_site)
        if self._rotates and not is_serial and isinstance(chosen, Session):
            self._identities[chosen.name] = self._identities.get(chosen.name) or rotated(
                chosen.name
            )
        return chosen

    def proxy(self, name: str | None) -> Proxy | None:
        """Return the proxy of session *name*; None where the crawl is to use no proxy at all.

        Raises ProxyDownError when the crawl has proxies and *name* is no live session: the request
        must not be sent. `middlewares/session.py` puts it off and chooses anew.
        """
        return self.pool.proxy(name)

    def identity(self, name: str | None) -> Identity:
        """Return the identity of session *name*: the truthful one unless rotation is on.

        Serial sites always see the truthful one.
        """
        return self._identities.get(name or "", TRUTHFUL)

    def _is_serial(self, key: str) -> bool:
        # Read late: the spider sets it, and the first question may come before.
        serial = self._settings.getlist("SERIAL_LIMIT_KEYS")
        return key in serial or twin(key) in serial


def _limits(settings: BaseSettings) -> PoolLimits:
    for name in ("PROXY_FIRST_REST_S", "PROXY_LONGEST_REST_S"):
        if settings.getfloat(name, 1) <= 0:
            raise ConfigError(f"{name}: a proxy that never rests is asked without a pause")
    share = config().wait_share
    return PoolLimits(
        first_rest_ms=round(settings.getfloat("PROXY_FIRST_REST_S", 5) * 1000 * share),
        longest_rest_ms=round(settings.getfloat("PROXY_LONGEST_REST_S", 600) * 1000 * share),
        poll_ms=round(1000 * share),
        patience_ms=round(settings.getfloat("PROXY_PATIENCE_S", 3600) * 1000),
    )


_sessions: WeakKeyDictionary[Crawler, Sessions] = WeakKeyDictionary()


def sessions_for(crawler: Crawler) -> Sessions:
    """Return the one `Sessions` of *crawler*, made at the first call."""
    if crawler not in _sessions:
        _sessions[crawler] = Sessions(crawler.settings)
    return _sessions[crawler]
