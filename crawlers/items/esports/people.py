"""Teams and players: rosters, moves, agents."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from crawlers.items.base import Item, Record
from crawlers.items.esports.base import Count, Id, Link, Placement, Text


class EsportsRosterMember(Item):
    """A player or a member of staff in a team's present roster."""

    table: ClassVar[str] = "esports_rosters"
    identity: ClassVar[tuple[str, ...]] = ("team_id", "player_id")
    replaced_by: ClassVar[tuple[str, ...]] = ("team_id",)

    team_id: Id
    player_id: Id
    alias: Text
    real_name: str | None = None
    country: str | None = None
    is_staff: bool
    is_captain: bool
    role: str | None = Field(None, description="only of staff, substitutes and the inactive")
    image_url: str | None = None


class EsportsTeam(Item):
    """A team, with its present roster."""

    table: ClassVar[str] = "esports_teams"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: Id
    name: Text
    tag: str | None = None
    country: str | None = Field(None, description="the code of the flag")
    country_name: str | None = None
    logo_url: str | None = None
    links: tuple[Link, ...] = ()
    active: bool
    successor_id: Id | None = None
    successor_name: str | None = None
    rank: Count | None = Field(None, description="of the active core; none when inactive")
    rank_region: str | None = None
    rating: Count | None = None
    rating_wins: Count | None = None
    rating_losses: Count | None = None
    winnings_minor: Count | None = Field(None, description="in the currency's minor unit")
    winnings_currency: str | None = Field(None, description="ISO 4217")
    placements: tuple[Placement, ...] = ()
    roster: tuple[EsportsRosterMember, ...] | None = None


class EsportsTransaction(Item):
    """Somebody joins, leaves or pauses."""

    table: ClassVar[str] = "esports_transactions"
    identity: ClassVar[tuple[str, ...]] = ("team_id", "player_id", "action", "date_text")

    team_id: Id
    player_id: Id
    action: Text = Field(description="join, leave, inactive, ...")
    date_text: Text = Field(description="as shown; Unknown where nobody knows")
    happened_on: date | None = None
    alias: Text
    real_name: str | None = None
    country: str | None = None
    position: str | None = Field(None, description="Player, Coach, ...")
    reference_url: str | None = None


class PlayerTeam(Record):
    """A team of a player, now or before."""

    team_id: Id
    name: Text
    logo_url: str | None = None
    period: str | None = Field(None, description="as shown: joined in May 2025")
    is_current: bool
    note: str | None = Field(None, description="stand-in, inactive, ...")


class EsportsPlayer(Item):
    """A player."""

    table: ClassVar[str] = "esports_players"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: Id
    alias: Text
    real_name: str | None = None
    country: str | None = Field(None, description="the code of the flag")
    country_name: str | None = None
    image_url: str | None = None
    links: tuple[Link, ...] = ()
    teams: tuple[PlayerTeam, ...] = ()
    winnings_minor: Count | None = Field(None, description="in the currency's minor unit")
    winnings_currency: str | None = Field(None, description="ISO 4217")
    placements: tuple[Placement, ...] = ()


class EsportsPlayerAgent(Item):
    """A player's numbers with one agent over a span of time."""

    table: ClassVar[str] = "esports_player_agents"
    identity: ClassVar[tuple[str, ...]] = ("player_id", "span", "agent")
    replaced_by: ClassVar[tuple[str, ...]] = ("player_id", "span")

    player_id: Id
    span: Text = Field(description="30d, 60d, 90d, all")
    agent: Text = Field(description="in lower case")
    games: Count | None = None
    use_percent: float | None = None
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
    kills: Count | None = None
    deaths: Count | None = None
    assists: Count | None = None
    first_kills: Count | None = None
    first_deaths: Count | None = None


class EsportsPlayerSpan(Item):
    """A span of time for which a player's agents were read."""

    table: ClassVar[str] = "esports_player_spans"
    identity: ClassVar[tuple[str, ...]] = ("player_id", "span")

    player_id: Id
    span: Text
    agents: tuple[EsportsPlayerAgent, ...] = ()
