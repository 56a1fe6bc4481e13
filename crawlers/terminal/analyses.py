"""What ``scrapy analyse`` does and shows: a line for each game, and one that moves."""

import asyncio
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.text import Text

from crawlers.analysis.analyser import Analyser
from crawlers.analysis.arguments import AnalysisArguments
from crawlers.analysis.engines import Engines, running
from crawlers.analysis.find import find_engine
from crawlers.analysis.rounds import Outcome, Rounds
from crawlers.errors import GameRefusedError
from crawlers.evaluations import Side
from crawlers.storage import analyses
from crawlers.storage.analysis_requests import GameLocks, Request
from crawlers.storage.database import Database
from crawlers.terminal.screen import clean
from crawlers.verdict import Exit


async def analyse(database: Database, asked: AnalysisArguments) -> Exit:
    """Analyse what is *asked*, or what waits, and tell of it; return the exit code."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - for the type checker
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        async with running(find_engine(), asked.engines, asked.hash_mb) as engines:
            return await _work(database, engines, asked)
    except asyncio.CancelledError:
        print("stopped: the same command goes on from here", file=sys.stderr)
        return Exit.PARTIAL


async def _work(database: Database, engines: Engines, asked: AnalysisArguments) -> Exit:
    analyser, locks = Analyser(database, engines), GameLocks(database)
    tally = Tally(engines, analyser)
    rounds = Rounds(database, analyser, locks, tally.tell)
    try:
        if asked.player or asked.games:
            games = await _chosen(database, engines, asked)
            left = [Request(game, asked.limit) for game, is_done in games.items() if not is_done]
            tally.total = len(left)
            print(_beginning(games, left, asked), flush=True)
            with tally.shown():
                await rounds.named(left)
        else:
            with tally.shown():
                await rounds.waiting()
    finally:
        await locks.close()
        print(tally.summary(len(rounds.busy)), flush=True)
    # Who asked over HTTP reads there what was refused.
    is_partial = rounds.busy or (tally.refused and tally.total is not None)
    return Exit.PARTIAL if is_partial else Exit.COMPLETED


async def _chosen(
    database: Database, engines: Engines, asked: AnalysisArguments
) -> dict[str, bool]:
    by = (database, engines.identity, asked.limit)
    if asked.player:
        return await analyses.of_player(*by, asked.player, asked.max)
    return await analyses.of_games(*by, asked.games, asked.max)


def _beginning(games: dict[str, bool], left: Sequence[Request], asked: AnalysisArguments) -> str:
    if not games:
        return f"no games of {asked.player} are stored"
    return f"{len(games):,} games, {len(games) - len(left):,} analysed before; {asked.limit} each"


@dataclass
class Tally:
    """What has been done so far."""

    engines: Engines
    analyser: Analyser
    total: int | None = None
    analysed: int = 0
    refused: int = 0
    known: int = 0
    began: float = field(default_factory=time.monotonic)

    def tell(self, game: str, outcome: Outcome) -> None:
        """Print what became of *game*."""
        if isinstance(outcome, GameRefusedError):
            self.refused += 1
            words = f"refused: {clean(str(outcome))}"
        else:
            self.analysed += 1
            self.known += outcome.known
            verdict = outcome.verdict
            plies = f"{len(verdict.plies)} plies, {outcome.known} positions known"
            words = f"White {_side(verdict.white)}; Black {_side(verdict.black)}; {plies}"
        print(f"{self._place}{game}  {words}", flush=True)

    def summary(self, busy: int) -> str:
        """Return the last words."""
        seconds = self._seconds
        words = [
            f"analysed {self.analysed:,} games in {seconds:,.1f} s with {self.engines.identity}"
        ]
        words += [f"{self.analyser.asked:,} positions searched, {self.known:,} known"]
        words += [f"{self._speed:,.0f} nodes/s"] if self.analyser.asked else []
        words += [f"{self.refused:,} refused"] if self.refused else []
        words += [f"others are at {busy:,}"] if busy else []
        return ", ".join(words)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show a line that moves, if somebody watches it."""
        if not sys.stderr.isatty():
            yield
            return
        screen = Console(stderr=True)
        with Live(console=screen, get_renderable=self._line, refresh_per_second=4, transient=True):
            yield

    def _line(self) -> Text:
        positions = f"{self.analyser.asked:,} positions"
        speed = f"{self._speed:,.0f} nodes/s"
        words = (f"{self._place}games", positions, speed, f"{self._seconds:,.0f} s")
        return Text("  ".join(words), style="bold")

    @property
    def _place(self) -> str:
        done = self.analysed + self.refused
        return f"{done:,} " if self.total is None else f"{done:,}/{self.total:,} "

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def _speed(self) -> float:
        return self.engines.searched_nodes / max(self._seconds, 0.001)


def _side(side: Side) -> str:
    accuracy = "-" if side.accuracy is None else f"{side.accuracy:.0f} %"
    loss = "-" if side.acpl is None else f"{side.acpl} cpl"
    errors = f"{side.inaccuracies}/{side.mistakes}/{side.blunders}"
    return f"{accuracy} {loss} {errors}"
