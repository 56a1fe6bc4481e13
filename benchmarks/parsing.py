"""Parsers: VLR.gg's pages against BeautifulSoup on lxml doing the same extraction; replays.

The pages are a stand-in's, as large as the site's. Ours checks every value and builds items; the
peer gives plain values. Before anything is timed, both must have read the same.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.request import urlopen

from benchmarks.measure import Comparison, Series, Target, in_turns
from benchmarks.peers import soup
from crawlers.items.esports import EsportsMatch, EsportsStats
from crawlers.page import Page
from spiders.duelingbook.pages import ReplayPage
from spiders.vlr.cards import SchedulePage
from spiders.vlr.match import MatchPage
from spiders.vlr.stats import StatsPage
from tests.replica.duel_records import record
from tests.replica.duels import some_records
from tests.replica.vlr import VlrReplica, VlrWorld

SITE = "https://www.vlr.gg"
RESULTS, STATS = f"{SITE}/matches/results", f"{SITE}/stats?tier=all"
LASTS_S = 2.0
"""How long one run reads the same page again and again."""
Values = Mapping[str, Any]


def rate(read: Callable[[], object]) -> float:
    """Return how many pages *read* reads in a second of the processor."""
    count, begin = 0, time.process_time()
    while (lasted := time.process_time() - begin) < LASTS_S:
        read()
        count += 1
    return round(count / lasted, 1)


def ours(page_class: type[Page], url: str, body: bytes) -> list[Any]:
    """Read a page as a crawl does: redacted, then every item and link."""
    page = page_class(url, page_class.redact(body))
    cards = page.cards() if isinstance(page, SchedulePage) else ()
    return [*cards, *page.items(), *page.links()]


async def bodies() -> dict[str, bytes]:
    """Return the stand-in's list of results, its longest match, and its statistics."""
    async with VlrReplica(VlrWorld(events=12, matches=20, teams=24)) as site:
        results, stats = [
            await asyncio.to_thread(fetched, url, site.origin) for url in (RESULTS, STATS)
        ]
        links = SchedulePage(RESULTS, results).links()
        matches = [await asyncio.to_thread(fetched, link, site.origin) for link in links]
    return {"results": results, "match": max(matches, key=len), "stats": stats}


def fetched(url: str, origin: str) -> bytes:
    """Return the body of the site's *url*, from the stand-in at *origin*."""
    with urlopen(url.replace(SITE, origin)) as answer:  # noqa: S310 - http on loopback
        body: bytes = answer.read()
    return body


def subset(theirs: Values, mine: object) -> None:
    """Raise RuntimeError unless *mine* has every value of *theirs*."""
    for name, value in theirs.items():
        if hasattr(mine, name) and getattr(mine, name) != value:
            raise RuntimeError(f"{name}: {value!r} is not {getattr(mine, name)!r}")


def same(theirs: Sequence[Values], mine: Sequence[object]) -> None:
    """Raise RuntimeError unless both lists say the same."""
    for one, other in zip(theirs, mine, strict=True):
        subset(one, other)


def check(pages: Mapping[str, bytes]) -> None:
    """Raise RuntimeError unless both have read the same from every page."""
    same(soup.results(pages["results"]), SchedulePage(RESULTS, pages["results"]).cards())
    lines = StatsPage(STATS, pages["stats"]).items()
    same(soup.stats(pages["stats"]), [one for one in lines if isinstance(one, EsportsStats)])
    (match,) = (
        one
        for one in MatchPage(f"{SITE}/1/x", pages["match"]).items()
        if isinstance(one, EsportsMatch)
    )
    head, maps, rounds, players = soup.match(pages["match"])
    subset(head, match)
    same(maps, [one for one in match.maps or () if one.team1_score is not None])
    same(rounds, match.rounds or ())
    same(players, match.players or ())


def measure(runs: int) -> Iterator[Comparison]:
    """Yield pages a second of three pages against the peer, and replays a second."""
    pages = asyncio.run(bodies())
    check(pages)
    kinds: tuple[tuple[str, type[Page], str, Callable[[bytes], object]], ...] = (
        ("results", SchedulePage, RESULTS, soup.results),
        ("match", MatchPage, f"{SITE}/1/x", soup.match),
        ("stats", StatsPage, STATS, soup.stats),
    )
    for name, page_class, url, peer in kinds:
        body = pages[name]
        ways = {
            "ours": partial(rate, partial(ours, page_class, url, body)),
            "BeautifulSoup, lxml": partial(rate, partial(peer, body)),
        }
        got = in_turns(runs, ways)
        mine, theirs = (Series(who, "pages/s", tuple(got[who])) for who in ways)
        title = f"parsing, {name}, {len(body) // 1000} kB"
        yield Comparison(title, mine, theirs, Target("least", 5))
    yield replays(runs)


def replays(runs: int) -> Comparison:
    """Return replays a second."""
    spec = max(some_records(20, 70_000_001, seed=1), key=lambda one: len(one.matches))
    body = json.dumps(record(spec)).encode()
    read = partial(ours, ReplayPage, f"https://www.duelingbook.com/replay?id={spec.id}", body)
    got = in_turns(runs, {"ours": partial(rate, read)})
    return Comparison(
        f"parsing, replay, {len(body) // 1000} kB", Series("ours", "replays/s", tuple(got["ours"]))
    )
