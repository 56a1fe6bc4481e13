"""The stand-in for VLR.gg answers as the site does, traps included, in both markups."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.replica.vlr import VlrReplica, VlrWorld
from tests.replica.vlr.frame import EASTERN
from tests.replica.vlr.library import Library
from tests.replica.vlr.news import THREAD

WORLD = VlrWorld(teams=7, events=5, matches=8, per_page=5)


@pytest.fixture
async def site() -> AsyncIterator[VlrReplica]:
    async with VlrReplica(VlrWorld.from_json(WORLD.to_json())) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def get(
    client: aiohttp.ClientSession, site: VlrReplica, path: str, cookie: str = ""
) -> LexborHTMLParser:
    """Read one page."""
    headers = {"Cookie": cookie} if cookie else {}
    async with client.get(f"{site.origin}{path}", headers=headers) as answer:
        assert answer.status == 200, path
        return LexborHTMLParser(await answer.text())


def test_a_world_is_the_same_for_the_same_seed_and_holds_every_kind_of_match() -> None:
    one, two = Library(WORLD), Library(WORLD)
    for match in one.matches.values():
        other = two.matches[match.id]
        assert [g.lines for g in match.games] == [g.lines for g in other.games]
    matches = one.matches.values()
    assert {m.status for m in matches} == {"upcoming", "live", "completed", "tbd"}
    assert {m.best_of for m in matches} == {1, 3, 5}
    assert any(m.forfeit for m in matches)
    assert any(m.teams == (None, None) for m in matches)
    assert any(len(game.rounds) > 24 for m in matches for game in m.plan)


def test_what_is_shown_of_a_map_follows_from_its_kills() -> None:
    for match in Library(WORLD).matches.values():
        for game in match.plan:
            assert abs(game.score(1) - game.score(2)) >= 2
            lines = [game.lines[number, "both"] for number in range(10)]
            teams = lines[:5], lines[5:]
            for mine, theirs in (teams, teams[::-1]):
                assert sum(n.kills for n in mine) == sum(n.deaths for n in theirs)
            assert sum(n.first_kills for n in lines) == len(game.rounds)


async def test_pages_of_a_list_end_with_one_without_cards(
    client: aiohttp.ClientSession, site: VlrReplica
) -> None:
    seen: list[str | None] = []
    number = 1
    while cards := (await get(client, site, f"/matches/results?page={number}")).css("a.match-item"):
        seen += [card.attributes["href"] for card in cards]
        number += 1
    assert len(seen) == len(set(seen)) == len(site.library.results)
    beyond = await get(client, site, f"/matches/results?page={number}")
    assert beyond.css(".action-container-pages a.mod-page")
    assert not beyond.css(".action-container-pages .mod-active")


async def test_a_list_of_events_without_a_tier_and_a_list_of_matches_without_all_stages_are_parts(
    client: aiohttp.ClientSession, site: VlrReplica
) -> None:
    part = (await get(client, site, "/events")).css("a.event-item")
    every = (await get(client, site, "/events?tier=all")).css("a.event-item")
    assert 0 < len(part) < len(every) == WORLD.events
    event = next(iter(site.library.events.values()))
    matches = f"/event/matches/{event.id}"
    part = (await get(client, site, matches)).css("a.match-item")
    every = (await get(client, site, f"{matches}/?series_id=all")).css("a.match-item")
    assert 0 < len(part) < len(every) == WORLD.matches


async def test_a_cold_client_gets_unfiltered_statistics_and_a_cookie(
    client: aiohttp.ClientSession, site: VlrReplica
) -> None:
    path = "/stats?tier=all&region=china&span=all"
    async with client.get(f"{site.origin}{path}") as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        cold = LexborHTMLParser(await answer.text())
    warm = await get(client, site, path, cookie)

    def region(page: LexborHTMLParser) -> str | None:
        return page.css("select[name=region] option[selected]")[0].attributes["value"]

    assert (region(cold), region(warm)) == ("all", "china")
    assert len(warm.css("#st-table tbody tr")) < len(cold.css("#st-table tbody tr"))
    empty = await get(client, site, "/stats?tier=off&region=all&span=all", cookie)
    assert not empty.css("table")


async def test_a_player_without_a_span_shows_sixty_days(
    client: aiohttp.ClientSession, site: VlrReplica
) -> None:
    player = next(iter(site.library.players))
    page = await get(client, site, f"/player/{player}/x")
    assert page.css(".player-stats-filter-btn.mod-active")[0].text() == "60d"


async def test_matches_articles_and_threads_share_their_numbers(
    client: aiohttp.ClientSession, site: VlrReplica
) -> None:
    match, article = next(iter(site.library.matches)), next(iter(site.library.articles))
    for number, css in (
        (match, ".match-header"),
        (article, ".mod-article"),
        (THREAD, ".thread-header"),
    ):
        page = await get(client, site, f"/{number}/any-slug")
        assert len(page.css(css)) == 1
    async with client.get(f"{site.origin}/999999/x") as answer:
        assert answer.status == 404


async def test_times_are_eastern_on_matches_and_epochs_in_brackets(
    client: aiohttp.ClientSession, site: VlrReplica
) -> None:
    match = next(m for m in site.library.with_status("completed") if m.stage == 1)
    page = await get(client, site, match.href)
    assert {node.attributes["data-utc-ts"] for node in page.css("[data-utc-ts]")} == {
        f"{match.starts.astimezone(EASTERN):%Y-%m-%d %H:%M:%S}"
    }
    page = await get(client, site, f"{match.event.href()}/playoffs")
    epochs = {node.attributes["data-utc-ts"] for node in page.css(".bracket-item [data-utc-ts]")}
    assert str(int(match.starts.timestamp())) in epochs


async def test_the_markup_is_chosen_for_all_pages_or_by_path(
    client: aiohttp.ClientSession, site: VlrReplica
) -> None:
    one, two = (m for m in site.library.with_status("completed")[:2])
    site.generations = [(f"^/{one.id}", "old")]
    assert (await get(client, site, one.href)).css("table.mod-overview")
    assert (await get(client, site, two.href)).css(".ovw-table")


async def test_a_match_advances_when_told(client: aiohttp.ClientSession, site: VlrReplica) -> None:
    match = site.library.with_status("live")[0]
    path = f"{site.origin}/_replica/advance"
    before = await get(client, site, match.href)
    async with client.post(path, json={"id": match.id, "end": True}) as answer:
        assert await answer.json() == {"status": "completed"}
    after = await get(client, site, match.href)
    notes = [page.css(".match-header-vs-note")[0].text() for page in (before, after)]
    assert [note.strip() for note in notes] == ["live", "final"]
    rounds = [len(page.css(".vlr-rounds-row-col[title]")) for page in (before, after)]
    assert rounds[0] < rounds[1]


@pytest.mark.parametrize("generation", ["old", "new"])
async def test_every_link_of_a_page_leads_somewhere(
    client: aiohttp.ClientSession, site: VlrReplica, generation: str
) -> None:
    site.world.generation = "old" if generation == "old" else "new"
    event = next(e for e in site.library.events.values() if e.status == "ongoing")
    seen = set()
    for path in (event.href(), event.href("matches"), "/rankings", "/search/?q=o", "/news"):
        for link in (await get(client, site, path)).css(".mod-1 a[href^='/']"):
            href = link.attributes["href"] or ""
            if not re.match(r"/(rr|search/r|user)/", href):
                seen.add(href)
    assert len(seen) > 30
    for href in seen:
        await get(client, site, href)
