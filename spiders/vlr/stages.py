"""The part of the spider that walks to events and statistics."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from scrapy import Request

from crawlers.errors import MissingError
from crawlers.items.esports import EsportsEvent
from crawlers.page import Found
from crawlers.spider import reads
from spiders.vlr.cells import required_id
from spiders.vlr.choices import EVENT_REGIONS, TIERS
from spiders.vlr.pages import EventAgentsPage, EventPage, EventsPage, StatsPage
from spiders.vlr.schedule import MatchesSpider

SESSION = "PHPSESSID"
"""The site's cookie: without it a statistics page ignores the filters."""

TRIES = 3
"""How often a statistics page that ignores its filters is asked again."""

PLAYED = frozenset({"ongoing", "completed"})
"""Events that can have statistics."""


class EventsSpider(MatchesSpider):
    """Fetch events in all their stages, and statistics with any filters."""

    session: str | None = None
    """The value of the site's cookie; sent with statistics only."""

    @property
    def events_path(self) -> str:
        """The list of events: without a tier the site would show a part of them."""
        query = {"tier": TIERS[self.args.tier]}
        if self.args.region and self.args.region[0] in EVENT_REGIONS:
            query["region"] = EVENT_REGIONS[self.args.region[0]]
        return f"/events?{urlencode(query)}"

    @reads(EventsPage)
    def parse_events(self, page: EventsPage, path: str, number: int) -> Iterator[Found | Request]:
        """Store what the list says, and go to each event."""
        yield from page.items()
        for url in page.links():
            yield self.event(required_id(url), follow=bool(self.args.with_matches))
        yield from self.following(page.last_page, path, self.parse_events, number)

    def event(self, event: str, *, follow: bool) -> Request:
        """Ask for an event; *follow* stores its matches as well."""
        return self.ask(f"/event/{event}", self.parse_event, follow=follow)

    @reads(EventPage)
    def parse_event(self, page: EventPage, *, follow: bool) -> Iterator[Found | Request]:
        """Store the stage that is shown; go to the others, and to the event's other pages."""
        shown = None
        for item in page.items():
            shown = item if isinstance(item, EsportsEvent) else shown
            yield item
        event = required_id(page.url)
        for stage in page.other_stages():
            yield Request(stage, self.parse_stage)
        path = f"/event/matches/{event}/?series_id=all"
        yield self.ask(path, self.parse_event_matches, follow=follow)
        if shown and shown.status in PLAYED:
            query = f"/?{urlencode(self.args.filters)}" if self.args.filters else ""
            url = f"{self.origin}/event/stats/{event}{query}"
            yield self.stats(url, self.parse_event_stats)
            yield self.ask(f"/event/agents/{event}", self.parse_agents)

    @reads(EventPage)
    def parse_stage(self, page: EventPage) -> Iterator[Found]:
        """Store the standings and the bracket of another stage."""
        return page.items()

    @reads(EventAgentsPage)
    def parse_agents(self, page: EventAgentsPage) -> Iterator[Found]:
        """Store how the maps of an event were played; minor events have no such numbers."""
        with suppress(MissingError):
            yield from page.items()

    def stats(
        self, url: str, callback: Callable[..., Any], number: int = 1, tries: int = 0
    ) -> Request:
        """Ask for a page of statistics, with the site's cookie if there is one."""
        return Request(
            url,
            callback,
            headers={"Cookie": f"{SESSION}={self.session}"} if self.session else None,
            meta={"try": tries} if tries else None,
            cb_kwargs={"number": number, "tries": tries},
        )

    @reads(StatsPage, cookies=True)
    def parse_stats(
        self, page: StatsPage, cookies: Mapping[str, str], number: int, tries: int
    ) -> Iterator[Found | Request]:
        """Store a page of statistics, and go on to the next."""
        if again := self.again(page, cookies, self.parse_stats, number, tries):
            yield again
            return
        yield from page.items()
        if number < self.args.pages and (following := page.next_page):
            yield self.stats(following, self.parse_stats, number + 1)

    @reads(StatsPage, cookies=True)
    def parse_event_stats(
        self, page: StatsPage, cookies: Mapping[str, str], number: int, tries: int
    ) -> Iterator[Found | Request]:
        """Store the statistics of an event, all on one page; minor events have none."""
        if again := self.again(page, cookies, self.parse_event_stats, number, tries):
            yield again
            return
        with suppress(MissingError):
            yield from page.items()

    def again(
        self,
        page: StatsPage,
        cookies: Mapping[str, str],
        callback: Callable[..., Any],
        number: int,
        tries: int,
    ) -> Request | None:
        """Ask again, with the cookie, for a page that ignores its filters; at most three times.

        After the last try the page says so itself: its items raise PageError.
        """
        self.session = cookies.get(SESSION, self.session)
        ignores = bool(page.ignored) and tries < TRIES
        return self.stats(page.url, callback, number, tries + 1) if ignores else None
