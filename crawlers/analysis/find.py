"""A chess engine on this machine: the one that is named, or a Stockfish."""

import shutil
from pathlib import Path

from crawlers.config import config
from crawlers.errors import AnalysisError

PLACES = ("stockfish", "/usr/games/stockfish", "/opt/homebrew/bin/stockfish")
"""Debian's folder of games is not on the path of root and of services."""
MISSING = (
    "no Stockfish was found: install one (Debian, Ubuntu: apt-get install stockfish; macOS: brew "
    "install stockfish), or say where an engine is with STOCKFISH_EXECUTABLE"
)
"""What to do, in one line."""


def find_engine() -> Path:
    """Return the path of the engine. Raises AnalysisError where there is none."""
    if named := config().stockfish_executable:
        return named
    found = next(filter(None, map(shutil.which, PLACES)), None)
    if found is None:
        raise AnalysisError(MISSING)
    return Path(found)
