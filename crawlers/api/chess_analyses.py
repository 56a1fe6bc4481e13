"""Engine analyses of games: ask for one, read what there is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from crawlers.analysis.arguments import limit_of
from crawlers.api.access import requires
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import Problem
from crawlers.api.reads.models import Answer, Count, Int64, Text
from crawlers.api.reads.things import missing
from crawlers.api.state import TheDatabase
from crawlers.items.chess import ChessGame
from crawlers.storage import analyses, analysis_requests
from crawlers.storage.analysis_requests import Request, Standing
from crawlers.storage.database import Database

router = APIRouter(
    prefix="/v1/chess/games/{game}/analysis", tags=["chess"], dependencies=[NO_OTHERS]
)

NODES_MAX = 10_000_000
DEPTH_MAX = 30
"""More would let one request keep a core busy for hours."""
WAITING_MAX = 10_000
"""So many requests may wait; more are told to come back."""
FULL_AGAIN_S = 60

Game = Annotated[Text, Path(description="the game's id")]


class AnalysisRequest(BaseModel):
    """How long each position is searched: by nodes, or to a depth."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"nodes": 300_000}]})

    nodes: Annotated[int, Field(ge=1_000, le=NODES_MAX, strict=True)] | None = None
    depth: Annotated[int, Field(ge=1, le=DEPTH_MAX, strict=True)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.nodes and self.depth:
            raise ValueError("give nodes or depth, not both")
        return self


class Asked(Answer):
    """An analysis that somebody asked for and that is not done."""

    state: Literal["waiting", "running", "refused"]
    reason: str | None = Field(description="why it is refused")
    limit_kind: str = Field(description="nodes or depth")
    limit_value: Int64
    requested_at: datetime

    @classmethod
    def of(cls, one: Standing) -> Self:
        """Show a request."""
        begun: Literal["waiting", "running"] = "running" if one.begun_at else "waiting"
        return cls(
            state="refused" if one.reason is not None else begun,
            reason=one.reason,
            limit_kind=one.limit_kind,
            limit_value=one.limit_value,
            requested_at=one.requested_at,
        )


class Player(Answer):
    """How well somebody played, by the formulas and thresholds of Lichess."""

    accuracy: float | None = Field(description="per cent; null where not both have moved")
    acpl: Int64 | None = Field(description="average centipawn loss")
    inaccuracies: Count
    mistakes: Count
    blunders: Count


class Ply(Answer):
    """What an engine says of a half-move."""

    ply: Count
    eval_cp: Int64 | None = Field(description="after it, in centipawns for White")
    mate: Int64 | None = Field(description="moves to mate after it; negative when Black mates")
    line: str = Field(description="the best moves in place of it, in UCI")
    win_percent: float = Field(description="White's chances after it")
    judgment: str | None = Field(description="Inaccuracy, Mistake or Blunder")


class Analysis(Answer):
    """What one engine says of a game."""

    engine: str
    version: str
    limit_kind: str = Field(description="nodes or depth")
    limit_value: Int64 = Field(description="of each position, or more")
    analysed_at: datetime
    white: Player
    black: Player
    plies: list[Ply]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Show a row of `chess_analyses`."""
        columns = (row[name] for name in ("eval_cp", "mate", "line", "win_percent", "judgment"))
        names = ("ply", "eval_cp", "mate", "line", "win_percent", "judgment")
        numbered = enumerate(zip(*columns, strict=True), 1)
        return cls(
            **{name: row[name] for name in ("engine", "version", "limit_kind", "limit_value")},
            analysed_at=row["analysed_at"],
            white=_player(row, "white"),
            black=_player(row, "black"),
            plies=[Ply(**dict(zip(names, (ply, *one), strict=True))) for ply, one in numbered],
        )


class Analyses(Answer):
    """What engines say of a game, the newest first, and what they have still to say."""

    game: str
    requests: list[Asked]
    analyses: list[Analysis]


@router.post("", status_code=202, dependencies=[Depends(requires("jobs"))])
async def ask_for_analysis(
    game: Game, body: AnalysisRequest, response: Response, database: TheDatabase
) -> Analyses:
    """Ask for the analysis of a stored game: `scrapy work` sees to it. The same again is the same.

    What is done already at this limit or a higher one is not done again.
    """
    await _check(database, game)
    limit = limit_of(body.nodes, body.depth)
    if not await analyses.is_analysed(database, game, limit):
        if await analysis_requests.count_waiting(database, WAITING_MAX) >= WAITING_MAX:
            headers = {"Retry-After": str(FULL_AGAIN_S)}
            raise Problem(503, f"{WAITING_MAX:,} analyses wait already", headers=headers)
        await analysis_requests.ask(database, Request(game, limit))
    response.headers["Location"] = f"/v1/chess/games/{game}/analysis"
    return await _standing(database, game)


@router.get("", dependencies=[Depends(requires("read"))])
async def read_analysis(game: Game, database: TheDatabase) -> Analyses:
    """Return what engines say of a game. What Lichess says is in the game itself."""
    await _check(database, game)
    return await _standing(database, game)


async def _check(database: Database, game: str) -> None:
    if await analyses.stored_game(database, game) is None:
        raise missing(ChessGame)


async def _standing(database: Database, game: str) -> Analyses:
    asked = await analysis_requests.standing(database, game)
    done = await analyses.of_game(database, game)
    return Analyses(game=game, requests=[*map(Asked.of, asked)], analyses=[*map(Analysis.of, done)])


def _player(row: Mapping[str, Any], color: str) -> Player:
    return Player(**{name: row[f"{color}_{name}"] for name in Player.model_fields})
