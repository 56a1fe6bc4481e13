"""The part of the spider that walks to matches: lists, the match, its tabs."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from scrapy import Request

from crawlers.items.base import Known, Mark
from crawlers.items.esports import EsportsMatch
from crawlers.page import Found
from crawlers.spider import SourceSpider, reads
from spiders.vlr.arguments import VlrArguments
from spiders.vlr.cells import required_id
from spiders.vlr.pages import (
    EconomyPage,
    EventMatchesPage,
    MatchPage,
    PerformancePage,
    PlayerMatchesPage,
    SchedulePage,
    TeamMatchesPage,
)
from spiders.vlr.stored import fresh_matches, settled, whole_mark


class MatchesSpider(SourceSpider):
    """Fetch matches that are not stored, or not fresh. A list stores nothing by itself."""

    Arguments = VlrArguments
    args: VlrArguments

    def ask(self, path: str, callback: Callable[..., Any], /, **more: Any) -> Request:
        """Ask for *path*; the callback gets *more*."""
        return Request(f"{self.origin}{path}", callback, cb_kwargs=more)

    def listed(self, path: str, callback: Callable[..., Any], number: int = 1) -> Request:
        """Ask for page *number* of the list at *path*."""
        joint = "&" if "?" in path else "?"
        page = f"{path}{joint}page={number}" if number > 1 else path
        return self.ask(page, callback, path=path, number=number)

    def following(
        self, last: int | None, path: str, callback: Callable[..., Any], number: int
    ) -> Iterator[Request]:
        """Ask for the page after page *number* of a list, if there is one and it is wanted."""
        if number < min(last or 1, self.args.pages):
            yield self.listed(path, callback, number + 1)

    async def matches(
        self, statuses: Mapping[str, str | None], *, are_units: bool = False
    ) -> AsyncIterator[Known | Request]:
        """Ask for matches by id; *statuses* says how far lists show them, None where none does."""
        fresh = await fresh_matches(self.memory, self.args, statuses)
        if fresh:
            self.expects = 0  # that nothing new is to be stored is no failure
        for match in statuses:
            if match in fresh:
                yield Known(EsportsMatch, (match,), match if are_units else None)
                continue
            request = self.ask(f"/{match}", self.parse_match)
            yield self.unit(request, "ids", match) if are_units else request

    @reads(SchedulePage)
    async def parse_schedule(
        self, page: SchedulePage, path: str, number: int
    ) -> AsyncIterator[Found | Request]:
        """Follow a page of the schedule or of the results."""
        async for found in self.follow_list(page, path, number, self.parse_schedule):
            yield found

    @reads(TeamMatchesPage)
    async def parse_team_matches(
        self, page: TeamMatchesPage, path: str, number: int
    ) -> AsyncIterator[Found | Request]:
        """Follow a page of a team's matches."""
        async for found in self.follow_list(page, path, number, self.parse_team_matches):
            yield found

    @reads(PlayerMatchesPage)
    async def parse_player_matches(
        self, page: PlayerMatchesPage, path: str, number: int
    ) -> AsyncIterator[Found | Request]:
        """Follow a page of a player's matches."""
        async for found in self.follow_list(page, path, number, self.parse_player_matches):
            yield found

    async def follow_list(
        self,
        page: SchedulePage,
        path: str,
        number: int,
        callback: Callable[..., Any],
    ) -> AsyncIterator[Found | Request]:
        """Follow the cards of *page*, and go on to the next one."""
        for item in page.items():
            yield item
        async for request in self.matches({card.match_id: card.status for card in page.cards()}):
            yield request
        for request in self.following(page.last_page, path, callback, number):
            yield request

    @reads(EventMatchesPage)
    async def parse_event_matches(
        self, page: EventMatchesPage, *, follow: bool
    ) -> AsyncIterator[Found | Request]:
        """Store the place of each match in the event; *follow* stores the matches as well."""
        for item in page.items():
            yield item
        if follow:
            statuses = {card.match_id: card.status for card in page.cards()}
            async for request in self.matches(statuses):
                yield request

    @reads(MatchPage)
    def parse_match(self, page: MatchPage) -> Iterator[Found | Mark | Request]:
        """Store the match, then its tabs one after the other; the last one marks it as whole."""
        over = False
        for item in page.items():
            over = over or (isinstance(item, EsportsMatch) and settled(item, datetime.now(UTC)))
            yield item
        tabs = list(page.links())
        if self.args.tabs or not tabs:
            yield from self.next_tab(required_id(page.url), tabs, over=over)

    @reads(PerformancePage)
    def parse_performance(
        self, page: PerformancePage, match: str, tabs: list[str], *, over: bool
    ) -> Iterator[Found | Mark | Request]:
        """Store multiple kills, clutches and duels."""
        yield from page.items()
        yield from self.next_tab(match, tabs, over=over)

    @reads(EconomyPage)
    def parse_economy(
        self, page: EconomyPage, match: str, tabs: list[str], *, over: bool
    ) -> Iterator[Found | Mark | Request]:
        """Store what the teams spent."""
        yield from page.items()
        yield from self.next_tab(match, tabs, over=over)

    def next_tab(self, match: str, tabs: list[str], *, over: bool) -> Iterator[Mark | Request]:
        """Ask for the first of *tabs*; without any, remember that a settled match is whole."""
        if tabs:
            callback = self.parse_economy if "tab=economy" in tabs[0] else self.parse_performance
            kwargs = {"match": match, "tabs": tabs[1:], "over": over}
            yield Request(tabs[0], callback, cb_kwargs=kwargs)
        elif over:
            yield Mark(whole_mark(match), value=True)
