"""Nodes in a second of an analysis, beside the engine's own bench on the same positions.

As many engines search at once as there are cores, and as many benches run at once. Ours stores what
it finds, and each of its engines forgets everything before a position.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

from pydantic import SecretStr

from benchmarks.measure import Comparison, Series, Target, in_turns
from benchmarks.store import Store, store
from crawlers.analysis.analyser import Analyser
from crawlers.analysis.arguments import CORES, NODES
from crawlers.analysis.engines import running
from crawlers.analysis.find import find_engine
from crawlers.analysis.positions import positions_of
from crawlers.config import Config
from crawlers.evaluations import Limit
from crawlers.storage.analyses import stored_game
from crawlers.storage.database import Database
from tests.analysis.stored import put
from tests.replica.games import game

PLIES = 12
GAMES = ("game0001", "game0002")
LIMIT = Limit("nodes", NODES)
HASH_MB = 16


def measure(runs: int) -> Iterator[Comparison]:
    """Yield the comparison."""
    engine = find_engine()
    with store() as data:
        config = Config(database_url=SecretStr(data.url))
        for seed, name in enumerate(GAMES):
            put(config, name, " ".join(game("standard", seed).sans[:PLIES]))
        positions = data.home / "positions.fen"
        positions.write_text("\n".join(asyncio.run(fens(config))))
        ways = {
            "ours": partial(ours, data, config, engine),
            f"{CORES} benches": partial(bench, engine, positions),
        }
        found = in_turns(runs, ways)
    mine, own = (Series(name, "nodes/s", tuple(values)) for name, values in found.items())
    yield Comparison("engine analysis", mine, own, Target("least", 0.9))


async def fens(config: Config) -> Sequence[str]:
    """Return the positions that engines are asked about."""
    database = Database(config)
    try:
        games = [await stored_game(database, name) for name in GAMES]
    finally:
        await database.close()
    return [one.board.fen() for stored in games if stored for one in positions_of(stored)]


def ours(data: Store, config: Config, engine: Path) -> float:
    """Return the nodes in a second of an analysis of all games, of which nothing is known."""
    data.empty("chess_positions, chess_analyses")
    return asyncio.run(_analysis(config, engine))


async def _analysis(config: Config, engine: Path) -> float:
    database = Database(config)
    await database.open()
    try:
        async with running(engine, CORES, HASH_MB) as engines:
            analyser = Analyser(database, engines)
            began = time.perf_counter()
            await asyncio.gather(*(analyser.analyse(name, LIMIT) for name in GAMES))
            return engines.searched_nodes / (time.perf_counter() - began)
    finally:
        await database.close()


def bench(engine: Path, positions: Path) -> float:
    """Return the nodes in a second of all benches together."""
    # Of itself the bench of Stockfish 15 has every other position judged by hand-written rules,
    # which is faster, and which no analysis does.
    command = [str(engine), "bench", str(HASH_MB), "1", str(NODES), str(positions), "nodes", "NNUE"]
    benches = [Popen(command, stdout=DEVNULL, stderr=PIPE, text=True) for _ in range(CORES)]
    said = [one.communicate()[1] for one in benches]
    return float(sum(int(re.findall(r"Nodes/second\s*:\s*(\d+)", one)[-1]) for one in said))
