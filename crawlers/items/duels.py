"""Duels: replays of DuelingBook, the matches and games in them, and the cards that were seen.

Players are named by their user name, as everything inside a replay is; `duel_replays` has the
user ids. In a tag duel player1 and player3 are one team, player2 and player4 the other.
Times inside a replay are seconds since its record began.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from crawlers.items.base import Item, Record

Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Text = Annotated[str, Field(min_length=1)]
ReplayId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,18}$")]


class Rps(Record):
    """One throw of rock, paper, scissors. A tie has no winner, and another throw follows."""

    at_s: Count | None = None
    player1: str | None = Field(None, description="Rock, Paper or Scissors")
    player2: str | None = None
    winner: str | None = None


class LifeChange(Record):
    """A player's life points changed by `change`, to `total`."""

    at_s: Count | None = None
    player: Text
    change: Int64
    total: Int64


class ChatLine(Record):
    """Something that was said: in the duel, by a watcher, or as a note to the duel's offer."""

    at_s: Count | None = None
    player: str | None = None
    kind: Literal["duel", "watcher", "note", "other"]
    text: str


class DuelMatch(Item):
    """One match: up to three games, or one. A rematch is another match of the same replay."""

    table: ClassVar[str] = "duel_matches"
    identity: ClassVar[tuple[str, ...]] = ("replay", "number")
    replaced_by: ClassVar[tuple[str, ...]] = ("replay",)

    replay: ReplayId
    number: Count = Field(description="1 for the first of the replay")
    games: Count = Field(description="games begun; none when somebody left before the first")
    winner: str | None = Field(
        None,
        description="the opponent of who gave the match up, which counts more than games won;"
        " of a team its player1 or player2; none when drawn or unfinished",
    )
    loser: str | None = Field(None, description="who gave it up, or lost it by a judge")
    end_reason: str | None = Field(
        None, description="the play that ended it: Admit defeat, Quit duel, ...; none: unfinished"
    )
    started_s: Count
    ended_s: Count | None = None
    duration_s: Count | None = Field(None, description="from the first throw to the last loss")
    player1_wins: Count = Field(description="games won by player1 and player3")
    player2_wins: Count = Field(description="games won by player2 and player4")
    draws: Count
    scores: tuple[str, ...] = Field(
        description="said by the site before each further game: (player1-player2-draws), counted"
        " over all matches of the replay"
    )
    rps: tuple[Rps, ...] = Field(description="every throw, the first one first")
    rps_winner: str | None = None
    player1_rating_change: Int64 | None = None
    player1_rating_after: Int64 | None = None
    player2_rating_change: Int64 | None = None
    player2_rating_after: Int64 | None = None


class DuelGame(Item):
    """One game of a match."""

    table: ClassVar[str] = "duel_games"
    identity: ClassVar[tuple[str, ...]] = ("replay", "match", "number")
    replaced_by: ClassVar[tuple[str, ...]] = ("replay",)

    replay: ReplayId
    match: Count
    number: Count = Field(description="1 for the first of the match")
    result: Literal["won", "draw", "unfinished"]
    winner: str | None = Field(None, description="of a team its player1 or player2")
    loser: str | None = None
    end_reason: str | None = Field(None, description="the play that ended it")
    chooser: str | None = Field(None, description="who chose whether to go first")
    chose: str | None = Field(None, description="first or second")
    went_first: str | None = None
    turns: Count = Field(description="begun before the game's end")
    started_s: Count
    ended_s: Count | None = None
    duration_s: Count | None = None
    opening_hands: dict[str, tuple[str, ...]] = Field(
        description="by player; empty where the record hides the cards"
    )
    life: dict[str, Int64] = Field(
        description="the last known life points by player; who lost and gained none is missing"
    )
    life_changes: tuple[LifeChange, ...]
    player1_main_total: Count | None = Field(
        None, description="cards in the deck after siding; which ones changed is not recorded"
    )
    player1_extra_total: Count | None = None
    player2_main_total: Count | None = None
    player2_extra_total: Count | None = None


class DuelCard(Item):
    """A card that was seen in a game, by the player in whose deck it is.

    There is no deck list in a replay: what was never drawn, played or shown is unknown.
    """

    table: ClassVar[str] = "duel_cards"
    identity: ClassVar[tuple[str, ...]] = ("replay", "match", "game", "player", "card")
    replaced_by: ClassVar[tuple[str, ...]] = ("replay",)

    replay: ReplayId
    match: Count
    game: Count
    player: Text
    card: Text
    card_id: Int64 | None = Field(None, description="of DuelingBook")
    passcode: str | None = Field(None, description="printed on the card, with leading zeros")
    card_type: str | None = Field(None, description="Monster, Spell or Trap")
    frame: str | None = Field(None, description="of a monster: Normal, Effect, Fusion, ...")
    custom: bool | None = Field(None, description="made by a user of the site")
    drawn: Count = Field(
        description="most copies out of the main deck at once: the running sum of +1 for a log line"
        " with 'Drew', 'from Deck' or 'from top of deck' and -1 for 'to top of deck' or 'to bottom"
        " of deck' at its highest, as nedhmn/duel-tools counts; 0 for Extra Deck cards"
    )
    seen: Count = Field(
        description="different copies seen, of main and Extra Deck, by their slots in the deck; in"
        " records without slots (2017) at least this many"
    )


class DuelChat(Item):
    """What was said during a replay. Stored only for crawls that ask for it."""

    table: ClassVar[str] = "duel_chats"
    identity: ClassVar[tuple[str, ...]] = ("replay",)

    replay: ReplayId
    lines: tuple[ChatLine, ...]


class DuelReplay(Item):
    """One record: who played, by which rules, and all that it holds."""

    table: ClassVar[str] = "duel_replays"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: ReplayId
    ended_at: datetime = Field(
        description="the end of the record; the site names no zone, and it is read as UTC"
    )
    format: Text = Field(description="two letters of the site, such as er: Edison, rated")
    format_name: str | None = Field(None, description="advanced, edison, goat, ...")
    rules: str | None = Field(None, description="TCG, OCG, or * for either")
    match_type: Text = Field(description="m: best of three games, s: a single game")
    rated: bool
    solo: bool = Field(description="one player alone: no match, so no part of any statistics")
    tag: bool = Field(description="two against two")
    concealed: bool | None = Field(None, description="hidden cards are not in the record")
    version: Int64 | None = Field(None, description="of the record's form: 5 in 2017, 17 in 2025")

    player1_id: str | None = Field(None, description="player1 hosted, or joined the pool first")
    player1_name: Text
    player1_rating: Int64 | None = Field(None, description="before the first match")
    player1_rating_change: Int64 | None = Field(None, description="over all matches")
    player1_rating_after: Int64 | None = Field(None, description="after the last match")
    player1_experience: Int64 | None = Field(None, description="before the first match")
    player1_legality: str | None = Field(None, description="of his deck: Advanced, Traditional...")
    player1_main_total: Count | None = Field(None, description="cards in the deck, first game")
    player1_side_total: Count | None = None
    player1_extra_total: Count | None = None

    player2_id: str | None = None
    player2_name: str | None = Field(None, description="nobody in solo mode")
    player2_rating: Int64 | None = None
    player2_rating_change: Int64 | None = None
    player2_rating_after: Int64 | None = None
    player2_experience: Int64 | None = None
    player2_legality: str | None = None
    player2_main_total: Count | None = None
    player2_side_total: Count | None = None
    player2_extra_total: Count | None = None

    player3_id: str | None = Field(None, description="tag duels only, as the next three")
    player3_name: str | None = None
    player4_id: str | None = None
    player4_name: str | None = None

    last_s: Count | None = Field(None, description="of the last play, long after the last loss")
    plays: dict[str, Count] = Field(description="how many plays of each type, unknown ones too")

    matches: tuple[DuelMatch, ...]
    games: tuple[DuelGame, ...]
    cards: tuple[DuelCard, ...]
