"""python-chess alone: ``python -m benchmarks.peers.replay FILE`` plays the games of an NDJSON file.

Prints the seconds that reading and replaying took, imports and start of the process not.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import chess
import chess.variant

ORDINARY = {"standard", "chess960", "fromPosition"}


def board_of(game: dict[str, Any]) -> chess.Board:
    """Return the board that *game* begins with."""
    variant = game["variant"]
    kind = chess.Board if variant in ORDINARY else chess.variant.find_variant(variant)
    fen = game.get("initialFen", kind.starting_fen)
    return kind(fen, chess960=variant == "chess960")


def replay(lines: list[bytes]) -> None:
    """Play every game to its end."""
    for line in lines:
        game = json.loads(line)
        board = board_of(game)
        for san in game.get("moves", "").split():
            board.push_san(san)


if __name__ == "__main__":
    games = Path(sys.argv[1]).read_bytes().splitlines()
    begin = time.perf_counter()
    replay(games)
    print(time.perf_counter() - begin)
