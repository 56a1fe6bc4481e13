"""Chess: players, their ratings over time, and games with every move."""

from datetime import date, datetime
from typing import Annotated, ClassVar

from pydantic import Field

from crawlers.items.base import Item, Record

Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""What a column holds. A larger number is refused with its game, not with its whole window."""


class Perf(Record):
    """A player's standing in one rating category, or in a puzzle game (`runs`, `score`)."""

    games: Int64 | None = None
    rating: Int64 | None = None
    deviation: Int64 | None = None
    progress: Int64 | None = None
    provisional: bool | None = None
    rank: Int64 | None = None
    runs: Int64 | None = None
    score: Int64 | None = None


class ChessPlayer(Item):
    """An account, as it was last seen. A closed account keeps nothing but its name."""

    table: ClassVar[str] = "chess_players"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: str = Field(min_length=1, description="the name in lower case")
    name: str = Field(min_length=1)
    closed: bool
    title: str | None = Field(None, description="GM, IM, ..., or BOT for a machine")
    tos_violation: bool | None = Field(None, description="marked by the site for unfair play")
    flag: str | None = Field(None, description="the country or other flag that the player chose")
    created_at: datetime | None = None
    seen_at: datetime | None = None
    games: Int64 | None = None
    rated_games: Int64 | None = None
    wins: Int64 | None = None
    losses: Int64 | None = None
    draws: Int64 | None = None
    imported_games: Int64 | None = None
    games_in_progress: Int64 | None = None
    play_time_s: Int64 | None = None
    play_time_tv_s: Int64 | None = Field(None, description="part of the play time shown on TV")
    play_time_human_s: Int64 | None = Field(None, description="part of it against people")
    fide_rating: Int64 | None = Field(
        None, description="this and the next five: said by the player"
    )
    uscf_rating: Int64 | None = None
    ecf_rating: Int64 | None = None
    rcf_rating: Int64 | None = None
    cfc_rating: Int64 | None = None
    dsb_rating: Int64 | None = None
    perfs: dict[str, Perf] | None = Field(None, description="by rating category")


class RatingPoint(Item):
    """A player's rating in one category at the end of one day."""

    table: ClassVar[str] = "chess_rating_points"
    identity: ClassVar[tuple[str, ...]] = ("player", "perf", "day")

    player: str = Field(min_length=1, description="the player's id")
    perf: str = Field(min_length=1)
    day: date
    rating: Int64


class ChessGame(Item):
    """A finished game, or an imported one, which may have no result.

    The arrays hold one entry for each ply, the first move first. `clock_cs` may hold one more
    (the side to move ran out of time or gave up); the analysis arrays may hold one fewer (a last
    move that ends the game has no evaluation) and stop early in very long games.
    """

    table: ClassVar[str] = "chess_games"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: str = Field(pattern="^[A-Za-z0-9]{8}$")
    rated: bool
    variant: str
    speed: str
    perf: str = Field(description="rating category: the speed, or the variant")
    created_at: datetime
    last_move_at: datetime
    status: str = Field(description="how it ended: mate, resign, outoftime, ...")
    winner: str | None = Field(None, description="white or black; none when drawn or aborted")
    origin: str | None = Field(None, description="how it came about: pool, arena, ai, import, ...")

    white_id: str | None = None
    white_name: str | None = Field(None, description="also of imported players, who have no id")
    white_title: str | None = None
    white_rating: Int64 | None = None
    white_rating_diff: Int64 | None = None
    white_provisional: bool | None = Field(None, description="known where there is a rating")
    white_ai_level: Int64 | None = Field(None, description="1 to 8, where the machine plays")
    white_team: str | None = Field(None, description="in a team battle")
    white_berserk: bool | None = Field(None, description="half the time for an extra point")
    white_inaccuracies: Int64 | None = None
    white_mistakes: Int64 | None = None
    white_blunders: Int64 | None = None
    white_acpl: Int64 | None = Field(None, description="average centipawn loss")
    white_accuracy: float | None = Field(None, description="percent, as the next three")
    white_accuracy_opening: float | None = None
    white_accuracy_middlegame: float | None = None
    white_accuracy_endgame: float | None = None

    black_id: str | None = None
    black_name: str | None = None
    black_title: str | None = None
    black_rating: Int64 | None = None
    black_rating_diff: Int64 | None = None
    black_provisional: bool | None = None
    black_ai_level: Int64 | None = None
    black_team: str | None = None
    black_berserk: bool | None = None
    black_inaccuracies: Int64 | None = None
    black_mistakes: Int64 | None = None
    black_blunders: Int64 | None = None
    black_acpl: Int64 | None = None
    black_accuracy: float | None = None
    black_accuracy_opening: float | None = None
    black_accuracy_middlegame: float | None = None
    black_accuracy_endgame: float | None = None

    clock_initial_s: Int64 | None = None
    clock_increment_s: Int64 | None = None
    clock_total_s: Int64 | None = Field(None, description="initial time and 40 increments")
    days_per_turn: Int64 | None = Field(None, description="correspondence only")
    arena_id: str | None = None
    arena_name: str | None = None
    swiss_id: str | None = None
    opening_eco: str | None = None
    opening_name: str | None = None
    opening_ply: Int64 | None = Field(None, description="plies that belong to the opening")
    middlegame_ply: Int64 | None = Field(None, description="the ply at which it begins")
    endgame_ply: Int64 | None = Field(None, description="the ply at which it begins")
    initial_fen: str | None = Field(None, description="where it is not the variant's own start")
    last_fen: str | None = None
    last_move: str | None = Field(None, description="UCI")
    import_date: str | None = Field(None, description="free text of the imported PGN")

    san: tuple[str, ...]
    uci: tuple[str, ...] = Field(
        description="castling as e1g1, on a chess960 board as king takes rook"
    )
    clock_cs: tuple[Int64, ...] | None = Field(None, description="left after the ply")
    eval_cp: tuple[Int64 | None, ...] | None = Field(None, description="after the ply, for White")
    mate: tuple[Int64 | None, ...] | None = Field(
        None, description="moves to mate after the ply; negative when Black mates"
    )
    best: tuple[str | None, ...] | None = Field(None, description="the better move, in UCI")
    judgment: tuple[str | None, ...] | None = Field(
        None, description="Inaccuracy, Mistake or Blunder"
    )
