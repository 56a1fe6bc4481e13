"""Rankings, circuit standings, statistics, news, what a search found."""

from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from crawlers.items.base import Item
from crawlers.items.esports.base import Count, Id, Link, Text


class EsportsRanking(Item):
    """A team's line in a ranking."""

    table: ClassVar[str] = "esports_rankings"
    identity: ClassVar[tuple[str, ...]] = ("scope", "region", "team_id")
    replaced_by: ClassVar[tuple[str, ...]] = ("scope", "region")

    scope: Text = Field(description="world (the best ten of each region) or region (all)")
    region: Text = Field(description="as in the site's addresses: europe, la-s, ...")
    team_id: Id
    team_name: Text
    core: str | None = Field(None, description="the line-up's own mark, as shown: #BN1")
    country_name: str | None = None
    logo_url: str | None = None
    rank: Count
    rating: Count | None = None
    wins: Count | None = Field(None, description="in the present season of the ranking")
    losses: Count | None = None
    all_wins: Count | None = None
    all_losses: Count | None = None
    streak: str | None = Field(None, description="as shown: 3W")
    earnings_minor: Count | None = Field(None, description="in the currency's minor unit")
    earnings_currency: str | None = Field(None, description="ISO 4217")
    last_match_id: Id | None = None


class EsportsRankingList(Item):
    """A ranking that was read."""

    table: ClassVar[str] = "esports_ranking_lists"
    identity: ClassVar[tuple[str, ...]] = ("scope", "region")

    scope: Text
    region: Text
    teams: tuple[EsportsRanking, ...] = ()


class EsportsCircuitStanding(Item):
    """A team's points in one region of a year's circuit."""

    table: ClassVar[str] = "esports_circuit_standings"
    identity: ClassVar[tuple[str, ...]] = ("year", "region", "team_id")
    replaced_by: ClassVar[tuple[str, ...]] = ("year", "region")

    year: int
    region: Text
    team_id: Id
    team_name: Text
    country_name: str | None = None
    logo_url: str | None = None
    rank: Count
    points: float | None = None


class EsportsCircuit(Item):
    """A region's table of a year's circuit that was read."""

    table: ClassVar[str] = "esports_circuits"
    identity: ClassVar[tuple[str, ...]] = ("year", "region")

    year: int
    region: Text
    teams: tuple[EsportsCircuitStanding, ...] = ()


class EsportsStats(Item):
    """A player's line in a statistics page, for one choice of filters.

    The line of a player who has left the span stays: `checked_at` says when it was last seen.
    """

    table: ClassVar[str] = "esports_stats"
    identity: ClassVar[tuple[str, ...]] = ("query", "player_id")

    query: Text = Field(description="the filters, in one canonical order: region=emea&tier=vct")
    player_id: Id
    event_id: Id | None = Field(None, description="of an event's own statistics")
    player_name: Text
    team_tag: str | None = None
    country: str | None = None
    agents: tuple[str, ...] = ()
    maps: Count | None = None
    rounds: Count | None = None
    rating: float | None = None
    acs: float | None = Field(None, description="average combat score")
    kd: float | None = Field(None, description="kills for each death")
    kast_percent: float | None = None
    adr: float | None = Field(None, description="average damage a round")
    kpr: float | None = Field(None, description="kills a round; the next three likewise")
    apr: float | None = None
    fkpr: float | None = None
    fdpr: float | None = None
    fkfd: float | None = Field(None, description="first kills for each first death")
    headshot_percent: float | None = None
    clutch_percent: float | None = None
    clutches_won: Count | None = None
    clutches_played: Count | None = None
    kills_max: Count | None = Field(None, description="on one map")
    kills: Count | None = None
    deaths: Count | None = None
    assists: Count | None = None
    first_kills: Count | None = None
    first_deaths: Count | None = None


class EsportsNews(Item):
    """An article. The list of news and the article each give a part."""

    table: ClassVar[str] = "esports_news"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    merges: ClassVar[bool] = True

    id: Id
    title: Text
    description: str | None = None
    author: str | None = None
    listed_on: date | None = Field(None, description="the list's date, in the viewer's zone")
    published_text: str | None = Field(None, description="as shown, in the viewer's zone")
    published_at: datetime | None = Field(None, description="known where the zone is")
    text: str | None = Field(None, description="paragraphs, separated by empty lines")
    links: tuple[Link, ...] | None = None
    images: tuple[str, ...] | None = None
    videos: tuple[str, ...] | None = None


class EsportsSearchResult(Item):
    """What the site's search found."""

    table: ClassVar[str] = "esports_search_results"
    identity: ClassVar[tuple[str, ...]] = ("query", "kind", "id")

    query: Text
    kind: Text = Field(description="team, player, event, series")
    id: Id
    position: Count = Field(description="1 for the first of its kind")
    name: Text
    description: str | None = None
    image_url: str | None = None
