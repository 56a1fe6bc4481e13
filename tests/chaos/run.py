"""One storm over one maze, and what it left."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.check import Findings, check
from tests.chaos.graph import Maze
from tests.chaos.services import Services, serve
from tests.chaos.storm import Storm
from tests.chaos.worker import Plan

LEASE_S = 3.0


@dataclass(frozen=True, slots=True)
class Storms:
    """How a run went."""

    findings: Findings
    storm: Storm
    seed: int
    seconds: float


async def storm(  # noqa: PLR0913 - each is a choice of the run
    home: Path, pages: int, kills: int, *, seed: int, workers: int = 3, patience_s: float,
    say: Callable[[str], None],
) -> Storms:  # fmt: skip
    """Crawl a maze of *pages* in *home* through *kills*. TimeoutError when it does not end."""
    maze, services, began = Maze(pages), Services(home), time.monotonic()
    try:
        async with serve(maze) as site:
            plan = Plan(maze, site, services, LEASE_S)
            one = Storm(plan, random.Random(seed), say)  # noqa: S311 - to be repeated
            try:
                await one.run(kills, workers, patience_s)
            finally:
                await one.stop()
            return Storms(check(plan, one), one, seed, time.monotonic() - began)
    finally:
        services.close()
