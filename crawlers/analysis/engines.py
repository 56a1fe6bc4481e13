"""A pool of engines: so many at once, each started anew a bounded number of times."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import chess

from crawlers.analysis.process import SPARE_S, TROUBLES, EngineProcess, end_on_nonsense
from crawlers.errors import AnalysisError, EngineFailedError, GameRefusedError
from crawlers.evaluations import Engine, Evaluation, Limit

TRIES = 3
"""How often an engine is asked about one position."""


class Engines:
    """Engines that wait for positions. Made by `running`."""

    def __init__(
        self, processes: list[EngineProcess], identity: Engine, variants: frozenset[str]
    ) -> None:
        """Use *processes* of one program, which calls itself *identity* and plays *variants*."""
        self.identity = identity
        self.size = len(processes)
        self.searched_nodes = 0
        self._variants = variants
        self._free: asyncio.Queue[EngineProcess] = asyncio.Queue()
        for one in processes:
            self._free.put_nowait(one)

    def check(self, board: chess.Board) -> None:
        """Raise GameRefusedError unless the engine plays the variant of *board*."""
        kind = type(board)
        needed = "chess960" if board.chess960 else kind.uci_variant
        if needed not in self._variants or kind.uci_variant not in self._variants:
            name = "Chess960" if board.chess960 else kind.aliases[0]
            raise GameRefusedError(f"{self.identity} does not play its variant, {name}")

    @asynccontextmanager
    async def one(self) -> AsyncIterator["Asking"]:
        """Wait for a free engine, in the order of asking."""
        process = await self._free.get()
        try:
            yield Asking(self, process)
        except BaseException:
            await process.close()  # it may be in the middle of a search
            raise
        finally:
            self._free.put_nowait(process)


class Asking:
    """An engine that is somebody's for a while."""

    def __init__(self, engines: Engines, process: EngineProcess) -> None:
        """Ask *process*, one of *engines*."""
        self._engines = engines
        self._process = process

    async def evaluate(self, board: chess.Board, limit: Limit) -> Evaluation:
        """Return what the engine says of *board*.

        Raises EngineFailedError where it fails each time that it is started anew.
        """
        reason = ""
        for _ in range(TRIES):
            try:
                found = await self._process.evaluate(board, limit)
            except TROUBLES as error:
                reason = str(error) or type(error).__name__
                await self._process.close()
            else:
                self._engines.searched_nodes += found.nodes
                return found
        engine = self._engines.identity
        raise EngineFailedError(f"{engine} failed {TRIES} times at {board.fen()}: {reason}")


@asynccontextmanager
async def running(
    path: Path, size: int, hash_mb: int, spare_s: float = SPARE_S
) -> AsyncIterator[Engines]:
    """Run up to *size* engines of the program at *path*, and end them all.

    Raises AnalysisError for a program that is no engine.
    """
    asyncio.get_running_loop().set_exception_handler(end_on_nonsense)
    processes = [EngineProcess(path, hash_mb, spare_s) for _ in range(size)]
    try:
        first = processes[0]
        try:
            engines = Engines(processes, await first.identity(), await first.variants())
        except TROUBLES as error:
            said = str(error).partition("\n")[0] or "it does not answer"
            raise AnalysisError(f"{path} cannot be used as a chess engine: {said}") from error
        yield engines
    finally:
        for one in processes:
            await one.close()
