"""The words that the API's documentation knows. Others are kept, and counted."""

from collections.abc import Iterator
from typing import Final

from crawlers.items.base import Unknown
from crawlers.items.chess import ChessGame, ChessPlayer

VARIANTS: Final = frozenset(
    [
        "standard",
        "chess960",
        "crazyhouse",
        "antichess",
        "atomic",
        "horde",
        "kingOfTheHill",
        "racingKings",
        "threeCheck",
        "fromPosition",
    ]
)
UNFINISHED: Final = ("created", "started")
STATUSES: Final = frozenset(
    [
        *UNFINISHED,
        "aborted",
        "mate",
        "resign",
        "stalemate",
        "timeout",
        "draw",
        "outoftime",
        "cheat",
        "noStart",
        "unknownFinish",
        "insufficientMaterialClaim",
        "variantEnd",
    ]
)
SPEEDS: Final = frozenset(
    ["ultraBullet", "bullet", "blitz", "rapid", "classical", "correspondence"]
)
GAME_PERFS: Final = SPEEDS | (VARIANTS - {"standard", "fromPosition"})
PERFS: Final = GAME_PERFS | {"puzzle", "storm", "racer", "streak"}
SOURCES: Final = frozenset(
    [
        "lobby",
        "friend",
        "ai",
        "api",
        "tournament",
        "position",
        "import",
        "importlive",
        "simul",
        "relay",
        "pool",
        "arena",
        "swiss",
    ]
)
TITLES: Final = frozenset(
    ["GM", "WGM", "IM", "WIM", "FM", "WFM", "NM", "CM", "WCM", "WNM", "LM", "BOT"]
)
JUDGMENTS: Final = frozenset({"Inaccuracy", "Mistake", "Blunder"})
PERF_NAMES: Final = {
    "UltraBullet": "ultraBullet",
    "Bullet": "bullet",
    "Blitz": "blitz",
    "Rapid": "rapid",
    "Classical": "classical",
    "Correspondence": "correspondence",
    "Crazyhouse": "crazyhouse",
    "Chess960": "chess960",
    "King of the Hill": "kingOfTheHill",
    "Three-Check": "threeCheck",
    "Antichess": "antichess",
    "Atomic": "atomic",
    "Horde": "horde",
    "Racing Kings": "racingKings",
    "Puzzles": "puzzle",
}
"""Rating categories by the name that the rating history shows."""


def unknown_in_game(game: ChessGame) -> Iterator[Unknown]:
    """Yield the words of *game* that are new."""
    if game.speed not in SPEEDS:
        yield Unknown("speed", game.speed)
    if game.perf not in GAME_PERFS:
        yield Unknown("perf", game.perf)
    if game.origin is not None and game.origin not in SOURCES:
        yield Unknown("source", game.origin)
    for title in (game.white_title, game.black_title):
        if title is not None and title not in TITLES:
            yield Unknown("title", title)
    for judgment in dict.fromkeys(game.judgment or ()):
        if judgment is not None and judgment not in JUDGMENTS:
            yield Unknown("judgment", judgment)


def unknown_in_player(player: ChessPlayer) -> Iterator[Unknown]:
    """Yield the words of *player* that are new."""
    if player.title is not None and player.title not in TITLES:
        yield Unknown("title", player.title)
    for perf in player.perfs or ():
        if perf not in PERFS:
            yield Unknown("perf", perf)
