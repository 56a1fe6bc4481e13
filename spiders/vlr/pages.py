"""Every page class of the source, for whoever looks them up by name."""

from spiders.vlr.agents import EventAgentsPage
from spiders.vlr.cards import (
    EventMatchesPage,
    PlayerMatchesPage,
    SchedulePage,
    TeamMatchesPage,
)
from spiders.vlr.event import EventPage
from spiders.vlr.events import EventsPage
from spiders.vlr.match import MatchPage
from spiders.vlr.news import ArticlePage, NewsPage
from spiders.vlr.players import PlayerPage
from spiders.vlr.rankings import CircuitPage, RegionRankingsPage, WorldRankingsPage
from spiders.vlr.search import SearchPage, SeriesPage
from spiders.vlr.stats import StatsPage
from spiders.vlr.tabs import EconomyPage, PerformancePage
from spiders.vlr.teams import TeamPage, TransactionsPage

__all__ = [
    "ArticlePage",
    "CircuitPage",
    "EconomyPage",
    "EventAgentsPage",
    "EventMatchesPage",
    "EventPage",
    "EventsPage",
    "MatchPage",
    "NewsPage",
    "PerformancePage",
    "PlayerMatchesPage",
    "PlayerPage",
    "RegionRankingsPage",
    "SchedulePage",
    "SearchPage",
    "SeriesPage",
    "StatsPage",
    "TeamMatchesPage",
    "TeamPage",
    "TransactionsPage",
    "WorldRankingsPage",
]
