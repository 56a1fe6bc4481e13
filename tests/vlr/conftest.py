"""Sites, and places for their crawls."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.crawls.source import source_at
from tests.vlr.site import SMALL, Vlr


@pytest.fixture
def vlr(postgres_server: Server, tmp_path: Path) -> Iterator[Vlr]:
    """Give a small site of its own, and an empty database."""
    with source_at(Vlr, SMALL, postgres_server, tmp_path / "home") as found:
        yield found


@pytest.fixture(scope="module")
def both(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Vlr]]:
    """Give a small site in each generation of the markup, crawled whole. Read only."""
    with ExitStack() as stack:
        sites = {}
        for generation in ("old", "new"):
            world = replace(SMALL, generation=generation)
            home = tmp_path_factory.mktemp(generation)
            place = source_at(Vlr, world, postgres_server, home)
            sites[generation] = stack.enter_context(place)
            crawl_everything(sites[generation])
        yield sites


@pytest.fixture(scope="module")
def whole(both: dict[str, Vlr]) -> Vlr:
    """Give the site of today, crawled whole. Read only."""
    return both["new"]


def crawl_everything(vlr: Vlr) -> None:
    """Crawl every section, and every kind of page that no section leads to."""
    vlr.stores(**everything(vlr))
    vlr.first = len(vlr.targets)
    vlr.stores(section="rankings", region="europe,china")


def everything(vlr: Vlr) -> dict[str, object]:
    """Return the arguments of a crawl of everything."""
    return {
        "section": "matches,results,events,rankings,news,stats",
        "pages": 9,
        "teams": ",".join(map(str, list(vlr.library.teams)[:3])),
        "players": ",".join(map(str, list(vlr.library.players)[:3])),
        "search": "o",
        "span": "all,30d",
        "year": 2026,
        "zone": vlr.world.zone,
    }
