"""Matches: maps, rounds, every player on every map and side."""

from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from crawlers.items.base import Item, Record
from crawlers.items.esports.base import Count, Id, Link, Place, Text


class Veto(Record):
    """One step of the choice of maps."""

    team: str | None = Field(None, description="the tag as shown; none for what remains")
    action: Text = Field(description="ban, pick, remains")
    map: Text


class Encounter(Record):
    """An earlier match of the same two teams; the scores are in the header's order."""

    match_id: Id
    event: str | None = None
    stage: str | None = None
    played_on: date | None = None
    team1_score: Count | None = None
    team2_score: Count | None = None


class EsportsRound(Item):
    """One round of a map."""

    table: ClassVar[str] = "esports_rounds"
    identity: ClassVar[tuple[str, ...]] = ("match_id", "game_id", "number")
    replaced_by: ClassVar[tuple[str, ...]] = ("match_id",)

    match_id: Id
    game_id: Id
    number: Count
    winner: Place
    side: Text = Field(description="the winner's: t or ct")
    method: str | None = Field(None, description="elim, boom, defuse, time")
    team1_score: Count | None = Field(None, description="after the round")
    team2_score: Count | None = None


class EsportsMapPlayer(Item):
    """A player's numbers on one map and one side."""

    table: ClassVar[str] = "esports_map_players"
    identity: ClassVar[tuple[str, ...]] = ("match_id", "game_id", "player_id", "side")
    replaced_by: ClassVar[tuple[str, ...]] = ("match_id",)

    match_id: Id
    game_id: Text = Field(description="or all: the whole match")
    player_id: Id
    side: Text = Field(description="both, t or ct")
    team: Place
    player_name: Text
    team_tag: str | None = None
    country: str | None = None
    agents: tuple[str, ...] = Field((), description="as the site writes them")
    rating: float | None = None
    acs: float | None = Field(None, description="average combat score")
    kills: Count | None = None
    deaths: Count | None = None
    assists: Count | None = None
    kd_difference: int | None = None
    kast_percent: float | None = None
    adr: float | None = Field(None, description="average damage a round")
    headshot_percent: float | None = None
    first_kills: Count | None = None
    first_deaths: Count | None = None
    fk_difference: int | None = None


class EsportsMap(Item):
    """A map of a match."""

    table: ClassVar[str] = "esports_maps"
    identity: ClassVar[tuple[str, ...]] = ("match_id", "game_id")
    replaced_by: ClassVar[tuple[str, ...]] = ("match_id",)

    match_id: Id
    game_id: Id
    number: Count = Field(description="1 for the first map")
    map: Text
    picked_by: Place | None = Field(None, description="none for the decider")
    duration_s: Count | None = None
    winner: Place | None = None
    team1_score: Count | None = None
    team2_score: Count | None = None
    team1_attack: Count | None = Field(None, description="rounds won; the next five likewise")
    team1_defence: Count | None = None
    team1_overtime: Count | None = None
    team2_attack: Count | None = None
    team2_defence: Count | None = None
    team2_overtime: Count | None = None


class EsportsMatch(Item):
    """A match: upcoming, live or completed."""

    table: ClassVar[str] = "esports_matches"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: Id
    event_id: Id | None = None
    event_name: str | None = None
    stage: str | None = Field(None, description="the series as shown: Playoffs: Grand Final")
    status: Text = Field(description="upcoming, live, completed")
    forfeited: bool = Field(default=False, description="decided without being played out")
    starts_at: datetime | None = None
    best_of: Count | None = None
    patch: str | None = None
    team1_id: Id | None = Field(None, description="none when not known yet")
    team1_name: str | None = None
    team1_rating: Count | None = None
    team1_score: Count | None = None
    team2_id: Id | None = None
    team2_name: str | None = None
    team2_rating: Count | None = None
    team2_score: Count | None = None
    winner: Place | None = None
    note: str | None = Field(None, description="the header's note, as shown")
    vetoes: tuple[Veto, ...] = ()
    streams: tuple[Link, ...] = ()
    vods: tuple[Link, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    maps: tuple[EsportsMap, ...] | None = None
    rounds: tuple[EsportsRound, ...] | None = None
    players: tuple[EsportsMapPlayer, ...] | None = None
