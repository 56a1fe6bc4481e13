"""The site: which path shows what, and its traps."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from tests.replica.http import Request, Response
from tests.replica.server import Site
from tests.replica.vlr import rankings
from tests.replica.vlr.agents import agents_page
from tests.replica.vlr.event import event_page, events_page, header, series_page
from tests.replica.vlr.events import TIERS
from tests.replica.vlr.figures import DEFAULTS, Record, records
from tests.replica.vlr.frame import not_found, page, paged
from tests.replica.vlr.library import Library
from tests.replica.vlr.lists import event_matches, history, matches_page
from tests.replica.vlr.match import match_page
from tests.replica.vlr.news import (
    THREAD,
    article_page,
    news_page,
    results_for,
    search_page,
    thread_page,
)
from tests.replica.vlr.people import REGIONS, Team
from tests.replica.vlr.profiles import (
    Span,
    player_header,
    player_page,
    team_header,
    team_page,
    transactions_page,
)
from tests.replica.vlr.scoreboard import rating
from tests.replica.vlr.stats import stats_page
from tests.replica.vlr.tabs import tab_page
from tests.replica.vlr.world import Generation, VlrWorld

ROBOTS = b"User-agent: *\nDisallow: /rr/\nDisallow: /search/r/\n"
BLOCK_PAGE: dict[str, Any] = {
    "kind": "answer",
    "status": 200,
    "headers": {"Content-Type": "text/html"},
    "text": "<!doctype html><html><head><title>Just a moment...</title></head>"
    "<body><h1>Checking your browser</h1></body></html>",
}
GARBAGE: dict[str, Any] = BLOCK_PAGE | {
    "text": "<!doctype html><html><head><title>VLR.gg</title></head>"
    "<body><p>We are down for maintenance.</p></body></html>",
}
"""Fields of faults that are usual here: ``site.faults.add(**GARBAGE, path="/event/")``."""

Query = Mapping[str, str]
Show = Callable[[int, Query, Generation], bytes | None]


class VlrReplica(Site):
    """The site: ``async with VlrReplica(world) as site: site.origin, site.log``."""

    def __init__(
        self,
        world: VlrWorld | None = None,
        port: int = 0,
        *,
        log_file: Path | None = None,
        backoff_s: float = 60,
    ) -> None:
        """Serve *world*, by default a small one."""
        super().__init__(port, log_file=log_file, backoff_s=backoff_s)
        self.world = world or VlrWorld()
        self.library = Library(self.world)
        self.generations: list[tuple[str, Generation]] = []
        """Markup by path: the first pattern that is found in the target wins."""
        self.controls |= {
            "advance": self._control_advance,
            "generation": self._control_generation,
            "matches": self._control_matches,
            "settings": self._control_settings,
        }
        self._lists: dict[str, Callable[[Query, Generation], bytes]] = {
            "/matches": self._schedule,
            "/matches/results": self._results,
            "/events": self._events,
            "/rankings": lambda *_: rankings.world_page(self._everyone),
            "/news": self._news,
            "/search": self._search,
        }
        self._things: dict[str, Show] = {
            "event": self._event,
            "event/matches": self._event_matches,
            "event/stats": self._event_stats,
            "event/agents": self._agents,
            "team": self._team,
            "team/matches": self._team_matches,
            "team/transactions": self._transactions,
            "player": self._player,
            "player/matches": self._player_matches,
            "series": self._series,
            "": self._numbered,
        }

    def generation(self, target: str) -> Generation:
        """Give the markup for *target*."""
        chosen = (g for pattern, g in self.generations if re.search(pattern, target))
        return next(chosen, self.world.generation)

    async def respond(self, request: Request) -> Response:
        """Answer as the site does."""
        path = "/" + request.path.strip("/")
        if path == "/robots.txt":
            return Response(ROBOTS, headers={"Content-Type": "text/plain"})
        if path == "/stats":
            return self._stats(request)
        body = self._body(path, request.query, self.generation(request.target))
        if body is None:
            return _html(not_found(), 404)
        return _html(body)

    def _body(self, path: str, query: Query, generation: Generation) -> bytes | None:
        if show := self._lists.get(path):
            return show(query, generation)
        if found := re.fullmatch(r"/rankings/([a-z-]+)", path):
            return self._region(found[1])
        if found := re.fullmatch(r"/vct-(\d{4})/standings", path):
            return rankings.circuit_page(int(found[1]), self._everyone)
        found = re.fullmatch(r"/([a-z/]*?)/?(\d+)(/[^?]*)?", path)
        if not found or found[1] not in self._things:
            return None
        more = {"rest": found[3]} if found[3] else {}
        return self._things[found[1]](int(found[2]), dict(query) | more, generation)

    @property
    def _everyone(self) -> list[Team]:
        return list(self.library.teams.values())

    def _schedule(self, query: Query, _: Generation) -> bytes:
        shown = paged(self.library.schedule, _page(query), self.world.per_page)
        return matches_page(self.world, shown, results=False)

    def _results(self, query: Query, _: Generation) -> bytes:
        shown = paged(self.library.results, _page(query), self.world.per_page)
        return matches_page(self.world, shown, results=True)

    def _events(self, query: Query, _: Generation) -> bytes:
        tier = query.get("tier", "")
        named = {str(number): name for name, number in TIERS.items()}
        # Without a tier the site shows a part of the events only.
        coming, over = self.library.listed(named.get(tier, tier or "vct"))
        shown = paged(over, _page(query), self.world.per_page)
        return events_page([] if shown.number > 1 else coming, shown, tier)

    def _region(self, region: str) -> bytes | None:
        if region not in REGIONS:
            return None
        return rankings.region_page(self._everyone, region, self.library.latest())

    def _news(self, query: Query, _: Generation) -> bytes:
        size = min(30, self.world.per_page)
        shown = paged(self.library.article_list(), _page(query), size)
        return news_page(self.world, shown)

    def _search(self, query: Query, generation: Generation) -> bytes:
        players = [player for player, _ in self.library.players.values()]
        events = list(self.library.events.values())
        text, kind = query.get("q", ""), query.get("type", "all")
        found = results_for(text, kind, self._everyone, players, events)
        return search_page(text, found, generation)

    def _event(self, number: int, query: Query, generation: Generation) -> bytes | None:
        if not (event := self.library.events.get(number)):
            return None
        stage = int(query.get("rest", "").endswith("/playoffs"))
        return event_page(self.world, event, stage, generation)

    def _event_matches(self, number: int, query: Query, generation: Generation) -> bytes | None:
        if not (event := self.library.events.get(number)):
            return None
        series = query.get("series_id", str(event.stage_id(0)))
        group = {"upcoming": {"upcoming", "live", "tbd"}, "completed": {"completed"}}
        matches = [
            match
            for match in sorted(event.matches, key=lambda m: (m.starts, m.id))
            if series in {"all", str(event.stage_id(match.stage))}
            and match.status in group.get(query.get("group", "all"), {match.status})
        ]
        return event_matches(self.world, event, matches, header(event, generation))

    def _event_stats(self, number: int, query: Query, generation: Generation) -> bytes | None:
        if not (event := self.library.events.get(number)):
            return None
        asked = {"span": "all"} | {k: v for k, v in query.items() if k in DEFAULTS}
        found = self._best(event.matches, asked)
        shown = paged(found, 1, max(1, len(found)))
        top = header(event, generation)
        return stats_page(shown, asked, event.href("stats"), generation, top)

    def _agents(self, number: int, _: Query, generation: Generation) -> bytes | None:
        event = self.library.events.get(number)
        return agents_page(event, generation) if event else None

    def _team(self, number: int, *_: object) -> bytes | None:
        if not (team := self.library.teams.get(number)):
            return None
        ranked = rankings.ranked(self._everyone, team.ranking)
        rank = 1 + ranked.index(team) if team in ranked else 4
        matches = self.library.of_team(team)
        return team_page(self.world, team, self.library.successor(team), rank, matches)

    def _team_matches(self, number: int, query: Query, _: Generation) -> bytes | None:
        if not (team := self.library.teams.get(number)):
            return None
        group = query.get("group", "completed")
        found = self.library.of_team(team, group)
        shown = paged(found, _page(query), self.world.per_page)
        inner = history(self.world, shown, team, team.href, group=group)
        top = team_header(team, self.library.successor(team))
        return page(f"{team.name}: matches", f'<div class="col mod-1">{top}{inner}</div>', "team")

    def _transactions(self, number: int, *_: object) -> bytes | None:
        team = self.library.teams.get(number)
        return transactions_page(team, self.library.successor(team)) if team else None

    def _player(self, number: int, query: Query, generation: Generation) -> bytes | None:
        if number not in self.library.players:
            return None
        player, team = self.library.players[number]
        span = query.get("timespan", "60d")
        agents = Span(span, self.library.agents(player, span), generation)
        return player_page(self.world, player, team, self.library.of_player(player), agents)

    def _player_matches(self, number: int, query: Query, _: Generation) -> bytes | None:
        if number not in self.library.players:
            return None
        player, team = self.library.players[number]
        found = self.library.of_player(player)
        shown = paged(found, _page(query), self.world.per_page)
        inner = history(self.world, shown, team, player.href)
        body = f'<div class="col mod-1">{player_header(player)}{inner}</div>'
        return page(f"{player.alias}: matches", body, "player")

    def _series(self, number: int, *_: object) -> bytes | None:
        events = self.library.of_series(number)
        return series_page(events[0].series_name, events) if events else None

    def _numbered(self, number: int, query: Query, generation: Generation) -> bytes | None:
        """Show a match, an article or a forum thread: the number alone does not tell."""
        if number == THREAD:
            return thread_page()
        if article := self.library.articles.get(number):
            return article_page(self.world, article)
        if not (match := self.library.matches.get(number)):
            return None
        if (tab := query.get("tab", "overview")) in {"performance", "economy"}:
            return tab_page(self.world, match, tab, generation)
        return match_page(self.world, match, generation, self.library.encounters(match))

    def _stats(self, request: Request) -> Response:
        """Answer a cold client with everything, whatever it asked for, and give it a session."""
        brought = "PHPSESSID=" in request.headers.get("cookie", "")
        cold = not (brought and self.world.sessions)
        query = dict(request.query)
        query.setdefault("span", query.pop("timespan", DEFAULTS["span"]))
        asked = {"tier": "all", "span": "all"} if cold else DEFAULTS | query
        found = self._best(self.library.matches.values(), asked)
        shown = paged(found, 1 if cold else _page(query), self.world.per_page * 2)
        body = stats_page(shown, asked, "/stats", self.generation(request.target))
        response = _html(body)
        if cold:
            response.headers["Set-Cookie"] = f"PHPSESSID=s{len(self.log.transfers)}; path=/"
        return response

    def _best(self, matches: Any, asked: Query) -> list[Record]:
        found = records(self.world, matches, asked)
        return sorted(found, key=lambda r: (-rating(r.line), r.player.id))

    async def _control_advance(self, value: dict[str, Any]) -> object:
        """{"id", "end"}: begin a match, or end its running map; with "end" the whole match."""
        match = self.library.matches[value["id"]]
        match.timed = True
        while match.advance() != "completed" and value.get("end"):
            pass
        return {"status": match.status}

    async def _control_generation(self, value: list[list[str]] | str) -> object:
        """Choose the markup: one for all, or a list of [pattern, generation]."""
        if isinstance(value, str):
            self.world.generation, self.generations = cast("Generation", value), []
        else:
            self.generations = [(one, cast("Generation", other)) for one, other in value]
        return value

    async def _control_settings(self, value: dict[str, Any]) -> object:
        """Change fields of the world that are read at each request."""
        for name, setting in value.items():
            if name not in {"now", "per_page", "sessions", "zone"}:
                raise ValueError(f"{name} cannot be changed")
            setattr(self.world, name, setting)
        return value

    async def _control_matches(self, _: object) -> object:
        """[id, event, status, maps] of every match, oldest first."""
        found = sorted(self.library.matches.values(), key=lambda match: (match.starts, match.id))
        return [[m.id, m.event.id, m.status, len(m.games)] for m in found]


def _page(query: Query) -> int:
    number = query.get("page", "1")
    return max(1, int(number)) if number.isdigit() else 1


def _html(body: bytes, status: int = 200) -> Response:
    return Response(body, status, {"Content-Type": "text/html; charset=UTF-8"})
