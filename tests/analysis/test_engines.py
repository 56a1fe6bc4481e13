"""Engines that work, hang, die or answer rubbish: real processes, each time."""

import asyncio
import gc
from pathlib import Path

import chess
import psutil
import pytest

from crawlers.analysis.engines import TRIES, Engines, running
from crawlers.analysis.process import EngineProcess
from crawlers.boards import board_of
from crawlers.errors import AnalysisError, EngineFailedError, GameRefusedError
from crawlers.evaluations import Engine, Evaluation, Limit, Score
from tests.analysis.stand_in import asked, engine

LIMIT = Limit("nodes", 1000)


async def evaluate(engines: Engines, board: chess.Board) -> Evaluation:
    """Ask one of *engines*."""
    async with engines.one() as one:
        return await one.evaluate(board, LIMIT)


def children() -> set[int]:
    """Return the processes that this one has started and that run."""
    found = psutil.Process().children()
    return {one.pid for one in found if one.status() != psutil.STATUS_ZOMBIE}


async def test_an_engine_says_its_name_and_the_last_thing_that_it_is_sure_of(
    tmp_path: Path,
) -> None:
    before = children()
    async with running(engine(tmp_path), 2, 16) as engines:
        assert engines.identity == Engine("Stand-in", "1.0")
        board = chess.Board()
        board.remove_piece_at(chess.D8)
        assert await evaluate(engines, board) == Evaluation(Score(cp=900), ("a2a3",), 1000)
        board.turn = chess.BLACK  # what it says is turned to White's view
        assert (await evaluate(engines, board)).score == Score(cp=900)
        assert children() - before
    assert children() <= before, "what another test has left may end meanwhile"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("dies", "it died"),
        ("illegal", "it answers nonsense: illegal uci"),
        ("silent", "it gave no score"),
        ("absurd", "its score is none that a position can have"),
        ("endless", "it says a line without an end"),
        ("hangs", "it did not answer within 1 s"),
    ],
)
async def test_an_engine_that_fails_is_started_anew_and_then_given_up(
    fault: str, reason: str, tmp_path: Path
) -> None:
    before = children()
    spare_s = 0.5 if fault == "hangs" else 60.0  # the others say something, sooner or later
    async with running(engine(tmp_path, fault), 1, 16, spare_s) as engines:
        with pytest.raises(EngineFailedError, match=f"failed {TRIES} times at .*: {reason}"):
            await evaluate(engines, chess.Board())
    assert len(asked(tmp_path)) == TRIES
    assert children() <= before


async def test_an_engine_that_dies_once_is_asked_again(tmp_path: Path) -> None:
    async with running(engine(tmp_path, "dies once"), 1, 16) as engines:
        assert (await evaluate(engines, chess.Board())).score == Score(cp=0)
        assert (await evaluate(engines, chess.Board())).score == Score(cp=0)
    assert len(asked(tmp_path)) == 3


async def test_what_an_engine_still_says_when_nobody_waits_any_more_is_no_error(
    tmp_path: Path,
) -> None:
    process = EngineProcess(engine(tmp_path), 16)
    protocol = await process.start()
    asking = asyncio.create_task(process.evaluate(chess.Board(), LIMIT))
    for _ in range(3):  # until it has been asked whether it is ready, and cannot have answered
        await asyncio.sleep(0)
    assert protocol.command is not None
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    protocol.pipe_data_received(1, b"readyok\n")
    await process.close()


@pytest.mark.parametrize("path", ["/bin/true", "/bin/cat", "/nowhere"])
async def test_a_program_that_is_no_engine_is_said_in_one_line(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawlers.analysis.process.START_S", 0.5)
    with pytest.raises(AnalysisError, match=f"{path} cannot be used as a chess engine: .+"):
        async with running(Path(path), 1, 16):
            pass


def test_a_program_that_is_no_engine_has_ended_before_the_loop_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crawlers.analysis.process.START_S", 0.1)

    async def try_it() -> None:
        async with running(Path("/bin/cat"), 1, 16):
            pass

    for _ in range(10):
        with pytest.raises(AnalysisError, match="cannot be used"):
            asyncio.run(try_it())
    gc.collect()  # a process that nobody waited for is a warning now, and so an error


async def test_more_memory_than_the_engine_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="'Hash' to be at most 64"):
        async with running(engine(tmp_path), 1, 1000):
            pass


@pytest.mark.parametrize(
    ("variant", "name"),
    [("atomic", "Atomic"), ("crazyhouse", "Crazyhouse"), ("chess960", "Chess960")],
)
async def test_a_variant_that_the_engine_does_not_play_is_refused_by_name(
    variant: str, name: str, tmp_path: Path
) -> None:
    async with running(engine(tmp_path), 1, 16) as engines:
        engines.check(board_of("standard", None))
        with pytest.raises(
            GameRefusedError, match=f"Stand-in 1.0 does not play its variant, {name}"
        ):
            engines.check(board_of(variant, None))


async def test_an_engine_gets_no_variable_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICHESS_TOKEN", "lip_hunter2")
    before = children()
    async with running(engine(tmp_path), 1, 16) as engines:
        await evaluate(engines, chess.Board())
        [its] = children() - before
        assert psutil.Process(its).environ() == {}
