"""Esports: events, teams, players, matches, rankings, statistics, news, in six modules."""

from crawlers.items.esports.base import (
    Link,
    Placement,
)
from crawlers.items.esports.events import (
    EsportsEvent,
    EsportsEventMap,
    EsportsEventMatch,
    EsportsEventTeam,
    EsportsPrize,
    EsportsStanding,
)
from crawlers.items.esports.lists import (
    EsportsCircuit,
    EsportsCircuitStanding,
    EsportsNews,
    EsportsRanking,
    EsportsRankingList,
    EsportsSearchResult,
    EsportsStats,
)
from crawlers.items.esports.matches import (
    Encounter,
    EsportsMap,
    EsportsMapPlayer,
    EsportsMatch,
    EsportsRound,
    Veto,
)
from crawlers.items.esports.people import (
    EsportsPlayer,
    EsportsPlayerAgent,
    EsportsPlayerSpan,
    EsportsRosterMember,
    EsportsTeam,
    EsportsTransaction,
    PlayerTeam,
)
from crawlers.items.esports.tabs import (
    EsportsMapEconomy,
    EsportsMapPerformance,
    EsportsRoundEconomy,
    Versus,
)

__all__ = [
    "Encounter",
    "EsportsCircuit",
    "EsportsCircuitStanding",
    "EsportsEvent",
    "EsportsEventMap",
    "EsportsEventMatch",
    "EsportsEventTeam",
    "EsportsMap",
    "EsportsMapEconomy",
    "EsportsMapPerformance",
    "EsportsMapPlayer",
    "EsportsMatch",
    "EsportsNews",
    "EsportsPlayer",
    "EsportsPlayerAgent",
    "EsportsPlayerSpan",
    "EsportsPrize",
    "EsportsRanking",
    "EsportsRankingList",
    "EsportsRosterMember",
    "EsportsRound",
    "EsportsRoundEconomy",
    "EsportsSearchResult",
    "EsportsStanding",
    "EsportsStats",
    "EsportsTeam",
    "EsportsTransaction",
    "Link",
    "Placement",
    "PlayerTeam",
    "Versus",
    "Veto",
]
