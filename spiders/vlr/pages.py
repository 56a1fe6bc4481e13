"""Every page class of the source, for whoever looks them up by name."""

from spiders.vlr.agents import EventAgentsPage
from spiders.vlr.event import EventPage
from spiders.vlr.events import EventsPage
from spiders.vlr.match import MatchPage
from spiders.vlr.teams import TeamPage, TransactionsPage

__all__ = [
    "EventAgentsPage",
    "EventPage",
    "EventsPage",
    "MatchPage",
    "TeamPage",
    "TransactionsPage",
]
