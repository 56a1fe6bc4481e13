"""A tiny chess engine of the tests: a real process that speaks UCI, well or badly.

Its score counts pieces, so that what it says of a position is known. A file `asked` beside it has
the positions that it was asked about, one a line.
"""

import sys
from pathlib import Path

PROGRAM = '''#!{python} -IS
import os, sys, time
sys.path[:0] = {path}
import chess
FAULT, HERE = {fault!r}, {here!r}
WORTH = dict(zip(range(1, 7), (100, 300, 300, 500, 900, 0)))

def say(*words):
    print(*words, flush=True)

def is_first(name):
    """Tell whether this is the first process that comes here."""
    try:
        os.close(os.open(os.path.join(HERE, name), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True

def search(board, words):
    with open(os.path.join(HERE, "asked"), "a") as log:
        log.write(board.fen() + chr(10))
    if FAULT == "dies" or (FAULT == "dies once" and is_first("died")):
        os._exit(3)
    if FAULT == "hangs":
        sys.stdin.read()  # until nobody is there any more
    if FAULT == "endless":
        while True:
            os.write(1, b"x" * 65536)
    if FAULT == "slow":
        time.sleep(0.2)
    worth = sum(WORTH[piece.piece_type] * (1 if piece.color == board.turn else -1)
                for piece in board.piece_map().values())
    move = "e2e5" if FAULT == "illegal" else min(map(str, board.legal_moves))
    if FAULT != "silent":
        say("info depth 1 score cp", 10**9 if FAULT == "absurd" else worth,
            "nodes", words[-1], "pv", move)
        say("info depth 2 score cp 77 lowerbound nodes", words[-1], "pv", move)
    say("bestmove", move)

if FAULT == "no engine":
    sys.exit("this is no engine")
board = chess.Board()
for line in sys.stdin:
    words = line.split() or [""]
    if words[0] == "uci":
        say("id name Stand-in 1.0")
        say("option name Threads type spin default 1 min 1 max 4")
        say("option name Hash type spin default 16 min 1 max 64")
        say("uciok")
    elif words[0] == "isready":
        say("readyok")
    elif words[0] == "position":
        at = words.index("moves") if "moves" in words else len(words)
        board = chess.Board(" ".join(words[2:at])) if words[1] == "fen" else chess.Board()
        for move in words[at + 1:]:
            board.push_uci(move)
    elif words[0] == "go":
        search(board, words)
    elif words[0] == "quit":
        break
'''


def engine(folder: Path, fault: str = "") -> Path:
    """Make the engine, with a *fault*, in *folder*; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "stand-in"
    packages = [one for one in sys.path if one.endswith("site-packages")]
    path.write_text(
        PROGRAM.format(python=sys.executable, path=packages, fault=fault, here=str(folder))
    )
    path.chmod(0o755)
    return path


def asked(folder: Path) -> list[str]:
    """Return the positions that the engine in *folder* was asked about."""
    log = folder / "asked"
    return log.read_text().splitlines() if log.exists() else []
