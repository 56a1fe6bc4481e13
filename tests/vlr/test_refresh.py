"""What is fetched again, and when: a match that goes on, tabs that were missed."""

from tests.vlr.site import Vlr


def matches_in(targets: list[str]) -> set[str]:
    """Return the ids of the matches among the pages that were asked for."""
    return {target.strip("/") for target in targets if target.strip("/").isdigit()}


def rounds_of(site: Vlr, match: str) -> int:
    """Return how many rounds of a match are stored."""
    (count,) = site.column("select count(*) from esports_rounds where match_id = %s", match)
    return int(count)


def status_of(site: Vlr, match: str) -> str:
    """Return how far a match is, as stored."""
    (status,) = site.column("select status from esports_matches where id = %s", match)
    return str(status)


def test_a_match_is_fetched_again_when_it_goes_on_or_by_age_until_it_is_over(vlr: Vlr) -> None:
    live, coming = (str(vlr.with_status(status)[0].id) for status in ("live", "upcoming"))
    vlr.stores(section="matches", pages=9)
    assert vlr.stored == vlr.ids("live", "upcoming", "tbd")
    rounds, count = rounds_of(vlr, live), len(vlr.targets)

    vlr.site.control("advance", {"id": int(coming)})
    vlr.stores(section="matches", pages=9, tabs=0)
    assert matches_in(vlr.asked_since(count)) == {coming}, "the others were seen a moment ago"
    assert status_of(vlr, coming) == "live"

    count = len(vlr.targets)
    vlr.site.control("advance", {"id": int(live), "end": True})
    vlr.stores(section="matches,results", tabs=0, max_age_min=0)
    assert matches_in(vlr.asked_since(count)) > {live, coming}
    assert status_of(vlr, live) == "completed"
    match = vlr.library.matches[int(live)]
    assert rounds_of(vlr, live) == sum(len(game.rounds) for game in match.plan) > rounds

    count = len(vlr.targets)
    vlr.stores(section="results", tabs=0, max_age_min=0)
    assert vlr.asked_since(count) == ["/matches/results"]


def test_tabs_that_were_missed_or_left_out_are_fetched_by_a_later_crawl(vlr: Vlr) -> None:
    event = next(e for e in vlr.library.events.values() if e.status == "completed")
    full = [str(match.id) for match in event.matches if match.tabs == "full" and match.games]
    none = next(str(match.id) for match in event.matches if match.tabs == "none")
    left_out, missed = full[:2]
    vlr.stores(ids=f"{left_out},{none}", tabs=0)
    assert vlr.query("select * from esports_round_economy") == []

    count, ids = len(vlr.targets), f"{left_out},{missed},{none}"
    vlr.site.add_fault("answer", f"/{missed}/.*tab=economy", status=404)
    done = vlr.crawl(ids=ids)
    assert done.returncode == 3, done.stderr
    assert matches_in(vlr.asked_since(count)) == {left_out, missed}, "one has no tabs"
    economy = "select distinct match_id from esports_round_economy"
    assert vlr.column(economy) == [left_out]

    count = len(vlr.targets)
    vlr.stores(ids=ids)
    assert matches_in(vlr.asked_since(count)) == {missed}
    assert set(vlr.column(economy)) == {left_out, missed}
