"""Events: prizes, teams, standings, the place of their matches, their maps."""

from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from crawlers.items.base import Item
from crawlers.items.esports.base import Count, Id, Link, Text


class EsportsPrize(Item):
    """One line of an event's prize distribution."""

    table: ClassVar[str] = "esports_prizes"
    identity: ClassVar[tuple[str, ...]] = ("event_id", "position")
    replaced_by: ClassVar[tuple[str, ...]] = ("event_id",)

    event_id: Id
    position: Count = Field(description="1 for the first line")
    place: Text = Field(description="as shown: 1st, 5th-6th")
    prize_text: str | None = None
    prize_minor: Count | None = Field(None, description="in the currency's minor unit")
    prize_currency: str | None = Field(None, description="ISO 4217")
    team_id: Id | None = None
    team_name: str | None = None
    country_name: str | None = None
    points: float | None = Field(None, description="circuit points")
    note: str | None = None


class EsportsEventTeam(Item):
    """A team that takes part in an event."""

    table: ClassVar[str] = "esports_event_teams"
    identity: ClassVar[tuple[str, ...]] = ("event_id", "team_id")
    replaced_by: ClassVar[tuple[str, ...]] = ("event_id",)

    event_id: Id
    team_id: Id
    team_name: Text
    seed: str | None = Field(None, description="how it got in: Alpha #1")
    logo_url: str | None = None
    players: tuple[Id, ...] = ()


class EsportsStanding(Item):
    """A team's line in one group of an event.

    Each stage has a page of its own, so what one page does not bring stays.
    """

    table: ClassVar[str] = "esports_standings"
    identity: ClassVar[tuple[str, ...]] = ("event_id", "stage", "group_name", "position")

    event_id: Id
    stage: Text
    group_name: Text
    position: Count
    team_id: Id | None = None
    team_name: Text
    country_name: str | None = None
    wins: Count | None = None
    losses: Count | None = None
    ties: Count | None = None
    maps_won: Count | None = None
    maps_lost: Count | None = None
    rounds_won: Count | None = None
    rounds_lost: Count | None = None
    round_difference: int | None = None
    qualified: bool | None = Field(None, description="marked as advancing")


class EsportsEvent(Item):
    """An event. Its list and its own page each give a part."""

    table: ClassVar[str] = "esports_events"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    merges: ClassVar[bool] = True

    id: Id
    name: Text
    subtitle: str | None = None
    status: str | None = Field(
        None, description="upcoming, ongoing, completed: inferred from its own page"
    )
    listed_status: str | None = Field(
        None, description="as the list of events says; it knows paused too"
    )
    dates_text: str | None = Field(None, description="as its own page shows them")
    listed_dates_text: str | None = Field(None, description="as the list does: without a year")
    starts_on: date | None = None
    ends_on: date | None = None
    prize_text: str | None = None
    listed_prize_text: str | None = None
    prize_minor: Count | None = Field(None, description="in the currency's minor unit")
    prize_currency: str | None = Field(None, description="ISO 4217")
    country: str | None = Field(None, description="the code of the flag")
    location: str | None = None
    region: str | None = None
    series_id: Id | None = None
    series_name: str | None = None
    image_url: str | None = None
    stages: tuple[Link, ...] | None = None
    prizes: tuple[EsportsPrize, ...] | None = None
    teams: tuple[EsportsEventTeam, ...] | None = None
    standings: tuple[EsportsStanding, ...] | None = None


class EsportsEventMatch(Item):
    """A match's place in its event. The list of matches and the bracket each give a part."""

    table: ClassVar[str] = "esports_event_matches"
    identity: ClassVar[tuple[str, ...]] = ("event_id", "match_id")
    merges: ClassVar[bool] = True

    event_id: Id
    match_id: Id
    stage: str | None = None
    round: str | None = None
    status: str | None = Field(None, description="upcoming, live, completed, tbd")
    bracket: str | None = Field(None, description="upper, lower, or the bracket's own name")
    starts_at: datetime | None = Field(None, description="as the bracket says")
    team1_id: Id | None = None
    team1_name: str | None = None
    team2_id: Id | None = None
    team2_name: str | None = None


class EsportsEventMap(Item):
    """How a map was played in an event; the map ``all`` is the whole event."""

    table: ClassVar[str] = "esports_event_maps"
    identity: ClassVar[tuple[str, ...]] = ("event_id", "map")

    event_id: Id
    map: Text
    played: Count | None = None
    attack_won_percent: float | None = None
    defence_won_percent: float | None = None
    agent_picks_percent: dict[str, float | None] = Field(
        default_factory=dict, description="by agent"
    )
