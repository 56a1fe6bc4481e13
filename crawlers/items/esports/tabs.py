"""The tabs of a match: performance and economy."""

from typing import ClassVar

from pydantic import Field

from crawlers.items.base import Item, Record
from crawlers.items.esports.base import Count, Id, Place, Text


class Versus(Record):
    """Kills of a player on one opponent, and of the opponent on him."""

    kills: Count | None = None
    deaths: Count | None = None
    first_kills: Count | None = None
    first_deaths: Count | None = None
    op_kills: Count | None = None
    op_deaths: Count | None = None


class EsportsMapPerformance(Item):
    """A player's line in the performance tab, which names players and links none."""

    table: ClassVar[str] = "esports_map_performances"
    identity: ClassVar[tuple[str, ...]] = ("match_id", "game_id", "team_tag", "player_name")

    match_id: Id
    game_id: Text = Field(description="or all: the whole match")
    team_tag: str
    player_name: Text
    agents: tuple[str, ...] = ()
    kills_2: Count | None = Field(None, description="rounds with two kills; likewise below")
    kills_3: Count | None = None
    kills_4: Count | None = None
    kills_5: Count | None = None
    clutches_1: Count | None = Field(None, description="won alone against one; likewise below")
    clutches_2: Count | None = None
    clutches_3: Count | None = None
    clutches_4: Count | None = None
    clutches_5: Count | None = None
    econ: Count | None = Field(None, description="economy rating")
    plants: Count | None = None
    defuses: Count | None = None
    versus: dict[str, Versus] = Field(default_factory=dict, description="by opponent")


class EsportsMapEconomy(Item):
    """A team's line in the economy tab."""

    table: ClassVar[str] = "esports_map_economy"
    identity: ClassVar[tuple[str, ...]] = ("match_id", "game_id", "team")

    match_id: Id
    game_id: Text = Field(description="or all: the whole match")
    team: Place
    team_tag: str | None = None
    pistols_won: Count | None = None
    ecos: Count | None = Field(None, description="rounds with 0 to 5 thousand spent")
    ecos_won: Count | None = None
    semi_ecos: Count | None = Field(None, description="$: 5 to 10 thousand")
    semi_ecos_won: Count | None = None
    semi_buys: Count | None = Field(None, description="$$: 10 to 20 thousand")
    semi_buys_won: Count | None = None
    full_buys: Count | None = Field(None, description="$$$: more than 20 thousand")
    full_buys_won: Count | None = None


class EsportsRoundEconomy(Item):
    """What both teams had and spent before a round."""

    table: ClassVar[str] = "esports_round_economy"
    identity: ClassVar[tuple[str, ...]] = ("match_id", "game_id", "number")

    match_id: Id
    game_id: Text
    number: Count
    team1_bank: Count | None = Field(None, description="credits")
    team2_bank: Count | None = None
    team1_loadout: Count | None = Field(None, description="what the equipment is worth, credits")
    team2_loadout: Count | None = None
    team1_spend: str | None = Field(None, description='eco, "$", "$$" or "$$$"')
    team2_spend: str | None = None
    winner: Place | None = None
