"""Many games: those that somebody names, and those that others asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from crawlers.analysis.analyser import Analysed, Analyser
from crawlers.errors import AnalysisError, EngineFailedError, GameRefusedError
from crawlers.storage import analysis_requests as requests
from crawlers.storage.analysis_requests import GameLocks, Request
from crawlers.storage.database import Database

GAMES_AT_ONCE = 2
"""So that engines that have nothing to do at the end of a game begin the next."""
FAILURES_MAX = 5
"""Games one after another at which the engine failed: then it is the engine's fault."""

Outcome = Analysed | GameRefusedError


@dataclass
class Rounds:
    """Takes games one by one, each unless another process is at it.

    *tell* is called with each game and what became of it.
    """

    database: Database
    analyser: Analyser
    locks: GameLocks
    tell: Callable[[str, Outcome], None]
    busy: list[str] = field(default_factory=list)
    """The games that others were at."""
    _failures: int = 0

    async def named(self, games: Iterable[Request]) -> None:
        """Analyse *games*. Raises AnalysisError for an engine that fails at everything."""
        await self._work_off(games, self._analyse)

    async def waiting(self) -> None:
        """Analyse what others asked for, until nothing is left that nobody is at."""
        while found := await requests.waiting(self.database):
            self.busy.clear()
            await self._work_off(found, self._answer)
            if len(self.busy) == len(found):
                return

    async def _work_off(
        self, games: Iterable[Request], work: Callable[[Request], Awaitable[object]]
    ) -> None:
        left = iter(games)

        async def worker() -> None:
            for one in left:  # the next that no other worker has taken
                await self._locked(one, work)

        tasks = [asyncio.create_task(worker()) for _ in range(GAMES_AT_ONCE)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _locked(self, one: Request, work: Callable[[Request], Awaitable[object]]) -> None:
        if not await self.locks.take(one.game):
            self.busy.append(one.game)
            return
        try:
            await work(one)
        finally:
            await self.locks.give(one.game)

    async def _answer(self, one: Request) -> None:
        if not await requests.begin(self.database, one):  # done since we looked
            return
        refusal = await self._analyse(one)
        if refusal is None:
            await requests.finish(self.database, one)
        else:
            await requests.refuse(self.database, one, str(refusal))

    async def _analyse(self, one: Request) -> GameRefusedError | None:
        """Analyse one game; return why it is refused, if it is."""
        try:
            found = await self.analyser.analyse(one.game, one.limit)
        except GameRefusedError as error:
            self._failures += isinstance(error, EngineFailedError)
            if self._failures == FAILURES_MAX:
                raise AnalysisError(f"{FAILURES_MAX} games one after another: {error}") from error
            self.tell(one.game, error)
            return error
        self._failures = 0
        self.tell(one.game, found)
        return None
