"""A site that misbehaves, a crawl that is killed, two crawls at once."""

from collections.abc import Iterator
from typing import Any

import pytest

from spiders.vlr.spider import VlrSpider
from tests.conftest import Server
from tests.crawls.source import source_at
from tests.replica.vlr.site import BLOCK_PAGE, GARBAGE
from tests.vlr.site import SMALL, Vlr

RESULTS = {"section": "results", "pages": 2}


@pytest.fixture(scope="module")
def undisturbed(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[str]]]:
    """Give the tables after an undisturbed crawl of all results."""
    home = tmp_path_factory.mktemp("undisturbed")
    with source_at(Vlr, SMALL, postgres_server, home) as vlr:
        vlr.stores(**RESULTS)
        yield vlr.tables()


def test_errors_pass_and_pages_that_cannot_be_read_are_quarantined(
    vlr: Vlr, undisturbed: dict[str, list[str]]
) -> None:
    vlr.site.add_fault("answer", r"^/\d+$", skip=2, times=2, status=500)
    vlr.site.add_fault("answer", "tab=economy", skip=3, times=1, status=503)
    vlr.site.add_fault("cut", r"^/\d+$", skip=5, times=2, after=9000)
    vlr.site.add_fault("cut", "tab=performance", times=1, after=None)
    vlr.site.add_fault("answer", "results", times=1, status=502)
    vlr.site.add_fault(path=r"^/\d+$", skip=1, times=1, **GARBAGE)
    vlr.site.add_fault(path="tab=economy", skip=2, times=1, **GARBAGE)
    done = vlr.crawl(**RESULTS)
    assert done.returncode == 3, done.stderr
    assert "quarantined 2" in done.stderr
    assert "refused 0" in done.stderr
    assert len(vlr.stored) == 2 * vlr.world.per_page - 1
    errors = vlr.column("select error from quarantine")
    assert all("found another page: VLR.gg" in error for error in errors)
    vlr.stores(**RESULTS)
    assert vlr.tables() == undisturbed


def test_a_block_page_is_blocked_and_never_an_empty_success(vlr: Vlr) -> None:
    vlr.site.add_fault(**BLOCK_PAGE | {"times": None})
    done = vlr.crawl(section="results")
    assert done.returncode == 3, done.stderr
    assert "vlr: blocked" in done.stderr
    assert vlr.stored == set()


def test_half_a_document_stores_nothing_and_what_is_not_there_is_refused(vlr: Vlr) -> None:
    match = next(match for match in vlr.with_status("completed") if match.games)
    vlr.site.add_fault("truncate", f"^/{match.id}$")
    done = vlr.crawl(ids=f"{match.id},999999,700001", teams="999999")
    assert done.returncode == 1, done.stderr
    assert "quarantined 1" in done.stderr
    assert "refused 3" in done.stderr
    assert "forum thread" in done.stderr
    assert "HTTP 404" in done.stderr
    assert vlr.stored == set()


def test_statistics_that_stay_unfiltered_are_not_stored(vlr: Vlr) -> None:
    vlr.site.control("settings", {"sessions": False})
    done = vlr.crawl(section="stats", side="t", tier="vct")
    assert done.returncode == 1, done.stderr
    assert "quarantined 1" in done.stderr
    assert vlr.query("select * from esports_stats") == []
    (error,) = vlr.column("select error from quarantine")
    assert "ignored the filters" in error
    assert len(vlr.targets) == 4
    vlr.site.control("settings", {"sessions": True})
    vlr.stores(section="stats", side="t", tier="vct")
    assert len(vlr.targets) == 6, "the first answer to a new client is never filtered"


def test_two_crawls_at_once_share_the_concurrency_of_the_card(
    vlr: Vlr, undisturbed: dict[str, list[str]]
) -> None:
    vlr.site.add_fault("stall", seconds=0.03, times=None)
    both: list[Any] = [vlr.start(**RESULTS) for _ in "12"]
    for process in both:
        with process:
            _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert 1 < vlr.site.state["max_overlap"] <= VlrSpider.card.concurrency
    assert vlr.tables() == undisturbed
