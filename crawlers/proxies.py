"""Which proxy carries which session, and which can be used now. Pure: the clock is given."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from crawlers.errors import ProxyDownError
from crawlers.proxy_urls import Proxy, ProxyTemplate

__all__ = ["Pause", "PoolLimits", "Proxy", "ProxyPool", "Session"]

AT_ONCE = frozenset({"refused", "timeout"})
"""Kinds of failure that blame the proxy itself, not the way that it found for one session."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How patient a pool is. All times in milliseconds."""

    first_rest_ms: int = 5_000
    longest_rest_ms: int = 600_000
    probe_ms: int = 90_000
    """After that the one request that tried a rested URL counts as lost, and another may try."""
    poll_ms: int = 1_000
    """How soon to ask again while one request tries the last URL."""
    patience_ms: int = 3_600_000
    """How long requests wait while no URL works at all."""
    failures: int = 3
    """So many failures in a row, on whichever sessions, and the URL rests."""
    refusals: int = 3
    """So many refusals of the site in a row, and the session ends."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Not now: ask again at *until_ms* (epoch ms)."""

    until_ms: int
    reason: str


@dataclass(eq=False, slots=True)
class _Url:
    template: ProxyTemplate
    label: str
    out: str = ""
    failures: int = 0
    rests: int = 0
    rests_until: int = 0
    """0: it works. In the past: one session may try it."""
    probe: str = ""
    """The session that tries it,"""
    probe_until: int = 0
    """for no longer than that."""


@dataclass(eq=False, slots=True)
class Session:
    """One visitor of one site, on one URL or without any."""

    name: str
    site: str
    slot: int
    url: _Url | None = None
    refusals: int = 0

    @property
    def label(self) -> str | None:
        """The URL's ``host:port``, or None."""
        return self.url.label if self.url else None


@dataclass(eq=False)
class ProxyPool:
    """Sessions of one crawl over its proxies; without *templates*, sessions that go directly.

    *job* is the crawl's own name: the same job, site and history give the same session names.
    *clock* gives epoch ms, *random* numbers in [0, 1).
    """

    templates: Sequence[ProxyTemplate]
    job: str
    clock: Callable[[], int]
    random: Callable[[], float]
    country: str | None = None
    limits: PoolLimits = field(default_factory=PoolLimits)

    def __post_init__(self) -> None:
        """Begin with every URL healthy."""
        hosts = Counter(map(str, self.templates))
        self.urls = [
            _Url(template, f"{template}#{n}" if hosts[str(template)] > 1 else str(template))
            for n, template in enumerate(self.templates, 1)
        ]
        self._live: dict[str, Session] = {}
        self._slots: dict[tuple[str, int], Session] = {}
        self._generations: dict[tuple[str, int], Iterator[int]] = {}
        self._turns: dict[str, Iterator[int]] = {}
        self._starved_at: int | None = None

    def choose(self, site: str, name: str | None = None, *, per_site: int = 1) -> Session | Pause:
        """Return a session for *site*, or how long to wait for one.

        The session *name* is kept while it is good. A site has *per_site* sessions, used in turn.
        ProxyDownError of kind ``none`` when no URL will do, now or within the pool's patience.
        """
        kept = self._live.get(name or "")
        if kept and kept.site == site and self._admits(kept):
            return kept
        slot = next(self._turns.setdefault(site, itertools.count())) % max(1, per_site)
        held = self._slots.get((site, slot))
        return held if held and self._admits(held) else self._place(site, slot)

    def proxy(self, name: str | None) -> Proxy | None:
        """Return the address of session *name*, None without proxies.

        After a rest only one session gets it, which is a request's own, until that one has ended.
        ProxyDownError of kind ``stale`` for the others, and when the session has ended.
        """
        if not self.urls:
            return None
        session = self._live.get(name or "")
        url = session.url if session else None
        if session is None or url is None or not (self._is_open(url) or url.probe == name):
            raise ProxyDownError("stale", "the session has ended, or another one tries the proxy")
        if url.rests_until and url.probe != name:
            url.probe, url.probe_until = session.name, self.clock() + self.limits.probe_ms
        return url.template.fill(session.name, self.country)

    @property
    def resting(self) -> int:
        """Count the URLs that rest or are out."""
        now = self.clock()
        return sum(bool(url.out) or url.rests_until > now for url in self.urls)

    def succeeded(self, name: str) -> None:
        """Note an answer of the site: session and URL are good."""
        if session := self._live.get(name):
            session.refusals = 0
            self._works(session)

    def refused(self, name: str) -> None:
        """Note a 403 or 429 of the site: the session's fault, not the URL's."""
        if session := self._live.get(name):
            self._works(session)
            session.refusals += 1
            if session.refusals >= self.limits.refusals:
                self._end(session)

    def failed(self, name: str, kind: str, reason: str) -> str | None:
        """End a session whose way is gone; return what is to be said about its URL, if anything.

        *kind* is that of a ProxyError; *reason* must hold no secret.
        """
        session = self._live.get(name)
        if session is None or (url := session.url) is None:
            return None
        if kind == "stale" and url.probe == name:
            return None
        self._end(session)
        if kind == "stale":
            return None
        if kind == "credentials":
            url.out = reason
            self._end_all(url)
            return f"proxy {url.label} is out: {reason}"
        url.failures += 1
        if kind in AT_ONCE or url.rests or url.failures >= self.limits.failures:
            rest_ms = self._rest(url)
            return f"proxy {url.label} rests {rest_ms / 1000:,.1f} s: {kind}: {reason}"
        return None

    def _is_open(self, url: _Url) -> bool:
        return not url.out and max(url.rests_until, url.probe_until) <= self.clock()

    def _admits(self, session: Session) -> bool:
        return session.url is None or not session.url.rests_until

    def _place(self, site: str, slot: int) -> Session | Pause:
        """Start a session on the URL with the fewest failures, then sessions."""
        if not self.urls:
            return self._start(site, slot, None)
        usable = [url for url in self.urls if self._is_open(url)]
        if not usable:
            return self._pause(self.clock())
        load = Counter(session.label for session in self._slots.values())
        first = _number(self.job, site) + slot
        order = {url.label: (n - first) % len(self.urls) for n, url in enumerate(self.urls)}
        chosen = min(usable, key=lambda url: (url.failures, load[url.label], order[url.label]))
        return self._start(site, slot, chosen)

    def _start(self, site: str, slot: int, url: _Url | None) -> Session:
        generations = self._generations.setdefault((site, slot), itertools.count())
        name = next(
            name
            for generation in generations
            if (name := f"{_number(self.job, site, slot, generation):08}") not in self._live
        )
        session = self._live[name] = Session(name, site, slot, url)
        self._slots[site, slot] = session
        return session

    def _pause(self, now: int) -> Pause:
        waiting = [max(u.rests_until, u.probe_until) for u in self.urls if not u.out]
        if not waiting:
            said = "; ".join(f"{url.label} {url.out}" for url in self.urls)
            raise ProxyDownError("none", f"no proxy is left: {said}")
        self._starved_at = now if self._starved_at is None else self._starved_at
        if now - self._starved_at >= self.limits.patience_ms:
            waited_s = (now - self._starved_at) / 1000
            raise ProxyDownError("none", f"no proxy has worked for {waited_s:,.0f} s")
        until = min(waiting)
        if any(url.probe_until > now for url in self.urls):
            until = min(until, now + round(self.limits.poll_ms * (1 + self.random())))
        return Pause(until, "all proxies rest")

    def _works(self, session: Session) -> None:
        if url := session.url:
            held = self._slots.get((session.site, session.slot))
            if url.rests_until and (held is None or held.url is url):
                self._slots[session.site, session.slot] = session
            url.failures = url.rests = url.rests_until = url.probe_until = 0
            url.probe = ""
        self._starved_at = None

    def _rest(self, url: _Url) -> int:
        length = min(self.limits.first_rest_ms << min(url.rests, 20), self.limits.longest_rest_ms)
        length = round(length * (1 + self.random() / 4))
        url.rests, url.probe, url.probe_until = url.rests + 1, "", 0
        url.rests_until = self.clock() + length
        self._end_all(url)
        return length

    def _end_all(self, url: _Url) -> None:
        for session in [s for s in self._live.values() if s.url is url]:
            self._end(session)

    def _end(self, session: Session) -> None:
        del self._live[session.name]
        if self._slots.get((session.site, session.slot)) is session:
            del self._slots[session.site, session.slot]


def _number(*parts: object) -> int:
    """Return a number of eight digits that depends on *parts* only: the same on every machine."""
    digest = blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 100_000_000
