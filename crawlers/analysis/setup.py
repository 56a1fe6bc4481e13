"""``python -m crawlers.analysis.setup``: find a chess engine that answers, or install one.

Says in one line what came of it, and always ends with 0: nothing but an analysis needs it.
"""

import asyncio
from pathlib import Path

from crawlers.analysis.engines import running
from crawlers.analysis.find import find_engine
from crawlers.config import config
from crawlers.errors import AnalysisError, ConfigError
from crawlers.packages import apt, works

PACKAGE = "stockfish"


def main() -> None:
    """Print the one line."""
    print(f"Engine analysis: {said()}")  # noqa: T201 - a command


def said() -> str:
    """Find or install, and return what to tell."""
    try:
        if config().stockfish_executable is None:
            install()
        path = find_engine()
        return f"{path} ({asyncio.run(answer_of(path))})"
    except (ConfigError, AnalysisError) as error:
        return str(error)


def install() -> None:
    """Install an engine where there is none, and where that can be done."""
    for way in apt(PACKAGE):
        try:
            find_engine()
        except AnalysisError:
            works(way)


async def answer_of(path: Path) -> str:
    """Return what the engine at *path* calls itself. Raises AnalysisError."""
    async with running(path, 1, 1) as engines:
        return str(engines.identity)


if __name__ == "__main__":
    main()
