"""One game after another through the engines, and into the database."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from crawlers.analysis.assessment import assess, over
from crawlers.analysis.engines import Engines
from crawlers.analysis.positions import Position, positions_of
from crawlers.errors import GameRefusedError
from crawlers.evaluations import Evaluation, Limit, Verdict
from crawlers.storage import analyses
from crawlers.storage.database import Database

FRESH_MAX = 10_000
"""Positions that are remembered here: games of one player begin alike."""


class Analysed(NamedTuple):
    """A game that was analysed: positions that engines were *asked* about, and *known* ones."""

    verdict: Verdict
    asked: int
    known: int


class Analyser:
    """Analyses games; each position is stored as soon as an engine has answered."""

    def __init__(self, database: Database, engines: Engines) -> None:
        """Ask *engines*, and keep what they say in *database*."""
        self._database = database
        self._engines = engines
        self._fresh: OrderedDict[tuple[str, Limit], Evaluation] = OrderedDict()
        self.asked = 0
        """Positions that engines were asked about."""

    async def analyse(self, game: str, limit: Limit) -> Analysed:
        """Analyse *game*, and store what comes of it. Raises GameRefusedError."""
        stored = await analyses.stored_game(self._database, game)
        if stored is None:
            raise GameRefusedError("it is not stored")
        positions = positions_of(stored)
        self._engines.check(positions[0].board)
        different = {one.key: one for one in positions if not one.is_over}
        identity = self._engines.identity
        found = await analyses.known(self._database, identity, limit, list(different))
        missing = [one for key, one in different.items() if key not in found]
        before = len(found)
        found |= await self._searched(missing, limit)
        said = [over(one) if one.is_over else found[one.key] for one in positions]
        verdict = assess(stored, positions, said)
        await analyses.keep(self._database, identity, limit, game, verdict)
        return Analysed(verdict, len(missing), before)

    async def _searched(self, positions: Sequence[Position], limit: Limit) -> dict[str, Evaluation]:
        """Return what engines say of *positions*, which is stored while they go on."""
        found: dict[str, Evaluation] = {}
        tasks = [asyncio.create_task(self._search(one, limit)) for one in positions]
        try:
            for answer in asyncio.as_completed(tasks):
                key, evaluation = await answer
                found[key] = evaluation
                await analyses.keep_positions(
                    self._database, self._engines.identity, limit, {key: evaluation}
                )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return found

    async def _search(self, position: Position, limit: Limit) -> tuple[str, Evaluation]:
        async with self._engines.one() as engine:
            fresh = self._fresh.get((position.key, limit))
            found = fresh or await engine.evaluate(position.board, limit)
        if fresh is None:
            self.asked += 1
            self._fresh[position.key, limit] = found
            if len(self._fresh) > FRESH_MAX:
                self._fresh.popitem(last=False)
        return position.key, found
