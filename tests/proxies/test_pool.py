"""The pool: who gets which proxy when, with a clock of the test's own."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crawlers.errors import ProxyDownError
from crawlers.proxies import Pause, PoolLimits, ProxyPool, Session
from crawlers.proxy_urls import ProxyTemplate

SITE = "http://site.test:80"
LIMITS = PoolLimits()


class Clock:
    """Epoch ms that only the test moves."""

    now = 1_000_000

    def __call__(self) -> int:
        """Return the time."""
        return self.now


def new_pool(count: int = 2, job: str = "job") -> tuple[ProxyPool, Clock]:
    clock = Clock()
    templates = [ProxyTemplate.read(f"http://u-{{session}}:p@p{n}.test:1") for n in range(count)]
    return ProxyPool(templates, job, clock, lambda: 0.0), clock


def session(
    pool: ProxyPool, site: str = SITE, name: str | None = None, per_site: int = 1
) -> Session:
    chosen = pool.choose(site, name, per_site=per_site)
    assert isinstance(chosen, Session)
    return chosen


def rest(pool: ProxyPool, site: str = SITE) -> Session:
    """Let the proxy of the site's session be found dead."""
    ended = session(pool, site)
    assert pool.proxy(ended.name)
    pool.failed(ended.name, "refused", "dead")
    return ended


def test_a_site_keeps_its_session() -> None:
    pool, _ = new_pool()
    assert len({session(pool).name for _ in range(20)}) == 1
    assert session(pool).name.isdigit()
    assert len(session(pool).name) == 8


def test_the_same_job_has_the_same_sessions_and_another_one_has_others() -> None:
    first, second, third = (session(new_pool(5, job)[0]) for job in ("a", "a", "b"))
    assert (first.name, first.label) == (second.name, second.label)
    assert first.name != third.name


def test_sites_and_sessions_spread_evenly_over_the_proxies() -> None:
    pool, _ = new_pool(4)
    by_site = Counter(session(pool, f"http://{n}.test:80").label for n in range(40))
    assert set(by_site.values()) == {10}
    pool, _ = new_pool(4)
    by_request = Counter(session(pool, per_site=8).label for _ in range(80))
    assert set(by_request.values()) == {20}
    assert len(pool._live) == 8


def test_a_request_keeps_its_session_while_it_is_good_and_on_its_own_site_only() -> None:
    pool, _ = new_pool()
    names = [session(pool, per_site=2).name for _ in range(2)]
    assert session(pool, name=names[1], per_site=2).name == names[1]
    assert session(pool, name=names[0], per_site=2).name == names[0]
    assert session(pool, "http://other.test:80", names[0]).name not in names


def test_wrong_credentials_put_a_url_out_for_good() -> None:
    pool, clock = new_pool()
    first = session(pool)
    assert (
        pool.failed(first.name, "credentials", "HTTP 407")
        == f"proxy {first.label} is out: HTTP 407"
    )
    clock.now += 10 * LIMITS.patience_ms
    second = session(pool)
    assert second.label != first.label
    assert pool.failed(first.name, "credentials", "again") is None
    pool.failed(second.name, "credentials", "HTTP 407")
    with pytest.raises(ProxyDownError, match=r"none: no proxy is left: p0\.test:1 HTTP 407; p1"):
        pool.choose(SITE)


def test_a_lost_way_is_a_new_session_and_three_in_a_row_are_a_rest() -> None:
    pool, _ = new_pool(1)
    names = []
    for kind in ("tunnel", "slow"):
        names.append(session(pool).name)
        assert pool.failed(names[-1], kind, "gone") is None
    pool.succeeded(session(pool).name)
    for _ in range(2):
        names.append(session(pool).name)
        assert pool.failed(names[-1], "cut", "gone") is None
    said = pool.failed(session(pool).name, "cut", "gone")
    assert said == "proxy p0.test:1 rests 5.0 s: cut: gone"
    assert len(set(names)) == 4
    assert isinstance(pool.choose(SITE), Pause)


def test_rests_grow_to_a_bound_and_end_with_a_success() -> None:
    pool, clock = new_pool(1)
    lengths = []
    for _ in range(10):
        rest(pool)
        pause = pool.choose(SITE)
        assert isinstance(pause, Pause)
        lengths.append(pause.until_ms - clock.now)
        clock.now = pause.until_ms
    assert lengths[:3] == [5_000, 10_000, 20_000]
    assert all(after in (2 * before, LIMITS.longest_rest_ms) for before, after in pairwise(lengths))
    assert lengths[-1] == LIMITS.longest_rest_ms
    pool.succeeded(session(pool).name)
    rest(pool)
    assert pool.choose(SITE) == Pause(clock.now + 5_000, "all proxies rest")


def test_after_a_rest_one_session_tries_and_the_others_wait_for_it() -> None:
    pool, clock = new_pool(1)
    rest(pool)
    clock.now += 5_000
    trying, late = session(pool), session(pool)
    assert pool.proxy(trying.name) == pool.proxy(trying.name)  # a page has many requests
    with pytest.raises(ProxyDownError, match="stale"):
        pool.proxy(late.name)
    pool.failed(late.name, "stale", "another one tries it")
    assert pool.choose(SITE) == Pause(clock.now + LIMITS.poll_ms, "all proxies rest")
    pool.succeeded(trying.name)
    assert session(pool) is trying
    assert list(pool._live) == [trying.name]


def test_a_try_that_is_never_heard_of_again_is_forgotten() -> None:
    pool, clock = new_pool(1)
    rest(pool)
    clock.now += 5_000
    pool.proxy(session(pool).name)
    clock.now += LIMITS.probe_ms
    assert pool.proxy(session(pool).name) is not None


def test_a_good_session_stays_when_another_proxy_recovers() -> None:
    pool, clock = new_pool(2)
    rest(pool)
    kept = session(pool)
    clock.now += 60_000
    assert session(pool) is kept


def test_many_failures_of_one_death_are_one_rest() -> None:
    pool, clock = new_pool(1)
    names = [session(pool, per_site=8).name for _ in range(8)]
    news = [pool.failed(name, "refused", "dead") for name in names]
    assert [bool(one) for one in news] == [True] + [False] * 7
    assert pool.choose(SITE) == Pause(clock.now + 5_000, "all proxies rest")


def test_refusals_of_the_site_end_the_session_and_not_the_proxy() -> None:
    pool, _ = new_pool(1)
    first = session(pool)
    for _ in range(2):
        pool.refused(first.name)
    pool.succeeded(first.name)
    for _ in range(2):
        pool.refused(first.name)
    assert session(pool) is first
    pool.refused(first.name)
    assert session(pool).name != first.name
    assert pool.resting == 0


def test_patience_with_dead_proxies_ends_and_a_recovery_is_still_seen() -> None:
    pool, clock = new_pool(1)
    rest(pool)
    assert isinstance(pool.choose(SITE), Pause)
    clock.now += LIMITS.patience_ms
    rest(pool)
    with pytest.raises(ProxyDownError, match="none: no proxy has worked for 3,600 s"):
        pool.choose(SITE)
    clock.now += LIMITS.longest_rest_ms
    pool.succeeded(session(pool).name)
    rest(pool)
    assert isinstance(pool.choose(SITE), Pause)


def test_two_urls_of_one_address_have_labels_of_their_own() -> None:
    pool = ProxyPool(
        [ProxyTemplate.read(f"http://{user}:p@p.test:1") for user in "ab"], "", Clock(), lambda: 0.0
    )
    assert [url.label for url in pool.urls] == ["p.test:1#1", "p.test:1#2"]


def test_without_proxies_there_are_sessions_all_the_same() -> None:
    pool, _ = new_pool(0)
    first = session(pool)
    assert pool.proxy(first.name) is None
    assert pool.proxy(None) is None
    assert first.label is None
    assert pool.failed(first.name, "slow", "x") is None


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 40))
def test_no_proxy_has_two_sessions_more_than_another(urls: int, per_site: int, sites: int) -> None:
    pool, _ = new_pool(urls)
    for n in range(sites):
        for _ in range(per_site):
            session(pool, f"http://{n}.test:80", per_site=per_site)
    load = Counter(one.label for one in pool._live.values())
    counts = [load[url.label] for url in pool.urls]
    assert max(counts) - min(counts) <= 1


class AnyHistory(RuleBasedStateMachine):
    """Whatever happens, no resting proxy is handed out, and all of them recover."""

    def __init__(self) -> None:
        """Begin with three proxies and nobody under way."""
        super().__init__()
        self.pool, self.clock = new_pool(3)
        self.under_way: list[Session] = []

    @rule(site=st.sampled_from(["a", "b"]), per_site=st.integers(1, 3))
    def ask(self, site: str, per_site: int) -> None:
        """Choose, and send if there is a way."""
        chosen = self.pool.choose(site, per_site=per_site)
        if isinstance(chosen, Pause):
            assert chosen.until_ms > self.clock.now
            return
        url = chosen.url
        assert url is not None
        assert not url.out
        assert url.rests_until <= self.clock.now
        assert self.pool.proxy(chosen.name)
        self.under_way.append(chosen)
        if url.rests_until:  # nobody else gets it now
            other = self.pool.choose(f"other {site}")
            assert isinstance(other, Pause) or other.url is not url

    @precondition(lambda self: self.under_way)
    @rule(
        data=st.data(),
        how=st.sampled_from(
            ["ok", "site", "vanish", "refused", "timeout", "tunnel", "slow", "stale"]
        ),
    )
    def end(self, data: st.DataObject, how: str) -> None:
        """Let one of those under way end."""
        number = data.draw(st.integers(0, len(self.under_way) - 1))
        name = self.under_way.pop(number).name
        if how == "ok":
            self.pool.succeeded(name)
        elif how == "site":
            self.pool.refused(name)
        elif how != "vanish":
            self.pool.failed(name, how, "x")

    @rule(ms=st.integers(0, 1_000_000))
    def wait(self, ms: int) -> None:
        """Let time pass."""
        self.clock.now += ms

    @invariant()
    def everything_recovers(self) -> None:
        """Look ahead: after the longest rest all are open."""
        now = self.clock.now
        self.clock.now += LIMITS.longest_rest_ms * 5 // 4 + LIMITS.probe_ms
        assert all(self.pool._is_open(url) for url in self.pool.urls)
        assert self.pool.resting == 0
        self.clock.now = now


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=40)
