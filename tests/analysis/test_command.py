"""``scrapy analyse`` as a user runs it: a process, its output, its exit code, its rows."""

import signal
from pathlib import Path

import psutil
import pytest

from crawlers.analysis.find import find_engine
from crawlers.config import Config
from tests.analysis.stand_in import asked, engine
from tests.analysis.stored import FOOLS_MATE, SCHOLARS_MATE, ask, put, put_raw, random_moves
from tests.api.serving import until
from tests.crawls.run import Crawls

ANALYSES = """
select game, engine, version, limit_kind, limit_value, white_acpl, black_acpl, eval_cp, mate, line,
       win_percent, judgment, white_accuracy, black_accuracy
from chess_analyses order by game
"""
POSITIONS = "select key, limit_value, eval_cp, mate, line, nodes from chess_positions order by key"
SILENT_S = 60.0


def analyse(user: Crawls, *words: str, code: int = 0, **arguments: object) -> list[str]:
    """Run the command; return what it printed."""
    done = user.run("analyse", "chess", *words, **arguments)
    assert (done.returncode, done.stderr) == (code, ""), done.stdout
    return done.stdout.splitlines()


def test_the_games_of_a_player_are_analysed_once_and_beside_what_the_site_said(
    user: Crawls, database_config: Config, tmp_path: Path
) -> None:
    put(database_config, "aaaaaaaa", FOOLS_MATE)
    put(database_config, "bbbbbbbb", SCHOLARS_MATE, at="2026-02-01")
    before = ask(database_config, "select * from chess_games order by id")
    first, *games, last = analyse(user, player="ADA", nodes=5000)
    assert first == "2 games, 0 analysed before; 5,000 nodes each"
    assert {line.split()[1] for line in games} == {"bbbbbbbb", "aaaaaaaa"}
    assert last.startswith("analysed 2 games in ")
    assert "with Stand-in 1.0, 10 positions searched" in last
    assert len(asked(tmp_path / "engine")) == 10  # the first position belongs to both
    one, other = ask(database_config, ANALYSES)
    assert (one["engine"], one["version"], one["limit_value"]) == ("Stand-in", "1.0", 5000)
    assert one["eval_cp"] == [0, 0, 0, None]
    assert other["eval_cp"] == [0, 0, 0, 0, 0, 0, None]
    assert one["win_percent"][-1] == 0
    assert other["win_percent"][-1] == 100
    moves = ask(database_config, "select * from chess_analysed_moves where game = 'aaaaaaaa'")
    assert [(row["ply"], row["uci"]) for row in moves] == list(
        enumerate(["f2f3", "e7e5", "g2g4", "d8h4"], 1)
    )
    assert ask(database_config, "select * from chess_games order by id") == before
    for nodes in (5000, 1000):
        assert analyse(user, player="ada", nodes=nodes)[0].startswith("2 games, 2 analysed before")
    assert len(asked(tmp_path / "engine")) == 10


def test_a_higher_limit_is_searched_anew_and_serves_lower_ones(
    user: Crawls, database_config: Config, tmp_path: Path
) -> None:
    put(database_config, "aaaaaaaa", "e4 e5")
    put(database_config, "bbbbbbbb", "e4 c5")
    analyse(user, games="aaaaaaaa", nodes=2000)
    analyse(user, games="aaaaaaaa", nodes=9000)
    assert len(asked(tmp_path / "engine")) == 6
    analyse(user, games="bbbbbbbb", nodes=3000)
    assert len(asked(tmp_path / "engine")) == 7
    limits = {row["limit_value"] for row in ask(database_config, POSITIONS)}
    assert limits == {9000, 3000}
    analyse(user, games="bbbbbbbb", depth=3)
    assert len(asked(tmp_path / "engine")) == 10
    kinds = ask(database_config, "select limit_kind, limit_value from chess_analyses order by 1, 2")
    assert [tuple(row.values()) for row in kinds] == [
        ("depth", 3), ("nodes", 3000), ("nodes", 9000),
    ]  # fmt: skip


def test_a_game_that_got_more_moves_is_analysed_anew_at_any_limit(
    user: Crawls, database_config: Config
) -> None:
    put(database_config, "aaaaaaaa", "e4 e5")
    analyse(user, games="aaaaaaaa", nodes=9000)
    ask(database_config, "update chess_games set uci = uci || array['g1f3'] returning id")
    analyse(user, games="aaaaaaaa", nodes=2000)
    [row] = ask(database_config, ANALYSES)
    assert (len(row["line"]), row["limit_value"]) == (3, 2000)
    found = analyse(user, games="aaaaaaaa", nodes=2000)
    assert found[0] == "1 games, 1 analysed before; 2,000 nodes each"


def test_a_run_that_was_killed_goes_on_where_it_was_and_ends_with_the_same_rows(
    user: Crawls, database_config: Config, tmp_path: Path
) -> None:
    put(database_config, "aaaaaaaa", random_moves(60, 1))
    put(database_config, "bbbbbbbb", random_moves(60, 2))
    slow = tmp_path / "slow"
    user.environment["STOCKFISH_EXECUTABLE"] = str(engine(slow, "slow"))
    with user.start("analyse", "chess", player="ada", nodes=1000) as process:
        until(lambda: len(ask(database_config, POSITIONS)) >= 5)
        engines = psutil.Process(process.pid).children(recursive=True)
        assert engines
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert psutil.wait_procs(engines, timeout=SILENT_S)[1] == []  # they read that nobody is there
    stored = {row["key"] for row in ask(database_config, POSITIONS)}
    assert ask(database_config, ANALYSES) == []
    quick = tmp_path / "engine"
    user.environment["STOCKFISH_EXECUTABLE"] = str(quick / "stand-in")
    analyse(user, player="ada", nodes=1000)
    again = [f"chess {fen.rpartition(' ')[0]}" for fen in asked(quick)]
    assert stored
    assert not stored & set(again)
    resumed = ask(database_config, POSITIONS), ask(database_config, ANALYSES)
    put_raw(database_config, "cccccccc", [])  # what follows is a run that nothing disturbs
    ask(database_config, "delete from chess_positions returning key")
    ask(database_config, "delete from chess_analyses returning game")
    analyse(user, games="aaaaaaaa,bbbbbbbb", nodes=1000)
    assert (ask(database_config, POSITIONS), ask(database_config, ANALYSES)) == resumed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_ends_its_engines_and_says_so(
    number: signal.Signals, user: Crawls, database_config: Config, tmp_path: Path
) -> None:
    put(database_config, "aaaaaaaa", random_moves(20, 1))
    user.environment["STOCKFISH_EXECUTABLE"] = str(engine(tmp_path / "stuck", "hangs"))
    with user.start("analyse", "chess", games="aaaaaaaa") as process:
        until(lambda: bool(asked(tmp_path / "stuck")))
        engines = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert err == "stopped: the same command goes on from here\n"
    assert "analysed 0 games" in out
    assert engines
    assert psutil.wait_procs(engines, timeout=SILENT_S)[1] == []


def test_games_that_cannot_be_analysed_are_refused_and_the_others_are_not(
    user: Crawls, database_config: Config
) -> None:
    put(database_config, "aaaaaaaa", "e4 e5")
    put(database_config, "bbbbbbbb", "e4 e5", variant="atomic")
    put_raw(database_config, "cccccccc", ["e2e4", "e7e4"])
    lines = analyse(user, games="bbbbbbbb,cccccccc,dddddddd,aaaaaaaa", code=3)
    said = dict(line.split(None, 1)[1].split("  ", 1) for line in lines[1:-1])
    assert said["bbbbbbbb"] == "refused: Stand-in 1.0 does not play its variant, Atomic"
    assert said["cccccccc"] == "refused: its move at ply 2 is not legal"
    assert said["dddddddd"] == "refused: it is not stored"
    assert said["aaaaaaaa"].startswith("White ")
    assert lines[-1].endswith("3 refused")


def test_an_engine_that_fails_at_everything_ends_the_run(
    user: Crawls, database_config: Config, tmp_path: Path
) -> None:
    for number in range(9):
        put(database_config, f"aaaaaaa{number}", "e4 e5")
    user.environment["STOCKFISH_EXECUTABLE"] = str(engine(tmp_path / "bad", "dies"))
    done = user.run("analyse", "chess", player="ada")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("scrapy: 5 games one after another: Stand-in 1.0 failed 3 times at ")


def test_what_another_process_is_at_is_left_to_it(
    user: Crawls, database_config: Config, tmp_path: Path
) -> None:
    put(database_config, "aaaaaaaa", "e4 e5")
    put(database_config, "bbbbbbbb", "d4 d5")
    stuck = tmp_path / "stuck"
    path = str(engine(stuck, "hangs"))
    other = Crawls(tmp_path, user.environment | {"STOCKFISH_EXECUTABLE": path})
    with other.start("analyse", "chess", games="aaaaaaaa") as process:
        try:
            until(lambda: bool(asked(stuck)))
            lines = analyse(user, player="ada", code=3)
        finally:
            process.kill()
    assert "bbbbbbbb  White" in lines[1]
    assert lines[-1].endswith("others are at 1")


def test_a_player_of_whom_nothing_is_stored_is_said(user: Crawls) -> None:
    assert analyse(user, player="nobody")[0] == "no games of nobody are stored"


def test_stockfish_itself_finds_a_mate_and_plays_chess960(
    user: Crawls, database_config: Config
) -> None:
    user.environment["STOCKFISH_EXECUTABLE"] = str(find_engine())
    put(database_config, "aaaaaaaa", SCHOLARS_MATE)
    fen = "rkbnrnqb/pppppppp/8/8/8/8/PPPPPPPP/RKBNRNQB w KQkq - 0 1"
    put(database_config, "bbbbbbbb", "g4 g6", variant="chess960", initial_fen=fen)
    analyse(user, player="ada", nodes=20_000)
    one, other = ask(database_config, ANALYSES)
    assert (one["engine"], one["mate"][5]) == ("Stockfish", 1)
    assert one["judgment"][5] == "Blunder"
    assert one["white_accuracy"] > one["black_accuracy"]
    assert len(other["line"]) == 2
