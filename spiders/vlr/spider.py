"""Walk the site: from lists, ids or a search to the pages behind them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from scrapy import Request

from crawlers.errors import MissingError
from crawlers.items.base import Known
from crawlers.items.esports import (
    EsportsCircuit,
    EsportsEvent,
    EsportsEventMap,
    EsportsEventMatch,
    EsportsMapEconomy,
    EsportsMapPerformance,
    EsportsMatch,
    EsportsNews,
    EsportsPlayer,
    EsportsPlayerSpan,
    EsportsRankingList,
    EsportsRoundEconomy,
    EsportsSearchResult,
    EsportsStats,
    EsportsTeam,
    EsportsTransaction,
)
from crawlers.page import Found
from crawlers.spider import reads
from spiders.vlr.cells import required_id
from spiders.vlr.choices import REGIONS
from spiders.vlr.pages import (
    ArticlePage,
    CircuitPage,
    NewsPage,
    PlayerPage,
    RegionRankingsPage,
    SearchPage,
    SeriesPage,
    TeamPage,
    TransactionsPage,
    WorldRankingsPage,
)
from spiders.vlr.refreshes import REFRESHES
from spiders.vlr.stages import EventsSpider
from spiders.vlr.stored import read_articles
from spiders.vlr.times import in_zone


class VlrSpider(EventsSpider):
    """Store matches, events, teams, players, rankings, statistics, news; what is final, once."""

    name = "vlr"
    items = (
        EsportsMatch,
        EsportsMapPerformance,
        EsportsMapEconomy,
        EsportsRoundEconomy,
        EsportsEvent,
        EsportsEventMatch,
        EsportsEventMap,
        EsportsTeam,
        EsportsTransaction,
        EsportsPlayer,
        EsportsPlayerSpan,
        EsportsRankingList,
        EsportsCircuit,
        EsportsStats,
        EsportsNews,
        EsportsSearchResult,
    )
    refreshes = REFRESHES

    async def start(self) -> AsyncIterator[Known | Request]:
        """Begin with the lists, then with what is named."""
        for section in self.args.section:
            for request in self.section(section):
                yield request
        for request in self.named():
            yield request
        async for found in self.matches(dict.fromkeys(self.args.ids), are_units=True):
            yield found

    def section(self, name: str) -> Iterator[Request]:
        """Ask for the first page of each list of a section."""
        match name:
            case "matches":
                yield self.listed("/matches", self.parse_schedule)
            case "results":
                yield self.listed("/matches/results", self.parse_schedule)
            case "events":
                yield self.listed(self.events_path, self.parse_events)
            case "rankings":
                yield from self.rankings()
            case "news":
                yield self.listed("/news", self.parse_news)
            case "stats":
                for query in self.args.stats_queries():
                    url = f"{self.origin}/stats?{urlencode(query)}"
                    yield self.stats(url, self.parse_stats)

    def named(self) -> Iterator[Request]:
        """Ask for what the arguments name, but matches."""
        for event in self.args.events:
            request = self.event(event, follow=self.args.with_matches is not False)
            yield self.unit(request, "events", event)
        for team in self.args.teams:
            yield self.unit(self.team(team), "teams", team)
        for player in self.args.players:
            yield from self.player(player)
        if self.args.search:
            query = urlencode({"q": self.args.search, "type": "all"})
            yield self.ask(f"/search/?{query}", self.parse_search)
        if self.args.year:
            yield self.ask(f"/vct-{self.args.year}/standings", self.parse_circuit)

    def team(self, team: str) -> Request:
        """Ask for a team."""
        return self.ask(f"/team/{team}", self.parse_team, team=team)

    @reads(TeamPage)
    def parse_team(self, page: TeamPage, team: str) -> Iterator[Found | Request]:
        """Store a team with its roster; go to its transactions, and perhaps to its matches."""
        yield from page.items()
        yield self.ask(f"/team/transactions/{team}", self.parse_transactions)
        if self.args.with_matches:
            for group in ("upcoming", "completed"):
                path = f"/team/matches/{team}/?group={group}"
                yield self.listed(path, self.parse_team_matches)

    @reads(TransactionsPage)
    def parse_transactions(self, page: TransactionsPage) -> Iterator[Found]:
        """Store who came and went; a team may have none of whom the site knows."""
        with suppress(MissingError):
            yield from page.items()

    def player(self, player: str) -> Iterator[Request]:
        """Ask for a player, once for each span of time."""
        for span in self.args.span or ("all",):
            yield self.ask(f"/player/{player}/?timespan={span}", self.parse_player)
        if self.args.with_matches:
            yield self.listed(f"/player/matches/{player}/", self.parse_player_matches)

    @reads(PlayerPage)
    def parse_player(self, page: PlayerPage) -> Iterator[Found]:
        """Store a player and the agents of one span."""
        return page.items()

    @reads(SearchPage)
    def parse_search(self, page: SearchPage) -> Iterator[Found | Request]:
        """Store what was found, and go to it."""
        for item in page.items():
            yield item
            if isinstance(item, EsportsSearchResult):
                yield from self.found(item.kind, item.id)

    def found(self, kind: str, number: str) -> Iterator[Request]:
        """Ask for something that a search found."""
        match kind:
            case "team":
                yield self.team(number)
            case "player":
                yield from self.player(number)
            case "event":
                yield self.event(number, follow=bool(self.args.with_matches))
            case "series":
                yield self.ask(f"/series/{number}", self.parse_series)

    @reads(SeriesPage)
    def parse_series(self, page: SeriesPage) -> Iterator[Found]:
        """Store what the hub of a series says of its events."""
        return page.items()

    def rankings(self) -> Iterator[Request]:
        """Ask for the ranking of the world, or of the regions that are wanted."""
        if not self.args.region:
            yield self.ask("/rankings", self.parse_world)
        for region in REGIONS if "all" in self.args.region else self.args.region:
            yield self.ask(f"/rankings/{region}", self.parse_region)

    @reads(WorldRankingsPage)
    def parse_world(self, page: WorldRankingsPage) -> Iterator[Found]:
        """Store the best teams of each region."""
        return page.items()

    @reads(RegionRankingsPage)
    def parse_region(self, page: RegionRankingsPage) -> Iterator[Found]:
        """Store all ranked teams of a region."""
        return page.items()

    @reads(CircuitPage)
    def parse_circuit(self, page: CircuitPage) -> Iterator[Found]:
        """Store the standings of a year's circuit."""
        return page.items()

    @reads(NewsPage)
    async def parse_news(
        self, page: NewsPage, path: str, number: int
    ) -> AsyncIterator[Found | Request]:
        """Store headlines, and go to the articles whose text is not stored."""
        for item in page.items():
            yield item
        ids = list(dict.fromkeys(map(required_id, page.links())))
        stored = await read_articles(self.memory, self.args, ids)
        for article in ids:
            if article in stored:
                yield Known(EsportsNews, (article,))
            else:
                yield self.ask(f"/{article}", self.parse_article)
        for request in self.following(page.last_page, path, self.parse_news, number):
            yield request

    @reads(ArticlePage)
    def parse_article(self, page: ArticlePage) -> Iterator[Found]:
        """Store an article; its time is an instant where the viewer's zone is known."""
        for item in page.items():
            yield self.with_instant(item)

    def with_instant(self, item: Any) -> Any:
        """Add the instant to an article that shows a time without saying its zone."""
        if not isinstance(item, EsportsNews) or item.published_at or not self.args.zone:
            return item
        at = in_zone(item.published_text or "", ZoneInfo(self.args.zone))
        return item.model_copy(update={"published_at": at.astimezone(UTC)}) if at else item
