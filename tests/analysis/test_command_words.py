"""What is wrong with a command line, or with its engine, is one line."""

import pytest

from tests.crawls.run import Crawls


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "say what: scrapy analyse chess -a player=NAME"),
        (["go", "-a", "player=ada"], "say what"),
        (["chess"], "give -a player=NAME, -a games=ID,ID or --waiting"),
        (["chess", "--waiting", "-a", "player=ada"], "give -a player=NAME, -a games"),
        (["chess", "-a", "player"], "-a takes NAME=VALUE"),
        (["chess", "-a", "player=a b"], "argument 'player': String should match"),
        (["chess", "-a", "player=ada", "-a", "games=aaaaaaaa"], "a player or games, not both"),
        (["chess", "-a", "games=nope"], "argument 'games.0': String should match pattern"),
        (["chess", "-a", "player=ada", "-a", "nodes=5"], "argument 'nodes': Input should be"),
        (["chess", "-a", "player=ada", "-a", "nodes=5000", "-a", "depth=9"], "not both"),
        (["chess", "-a", "player=ada", "-a", "engines=900"], "argument 'engines': this machine"),
        (["chess", "-a", "player=ada", "-a", "hash_mb=900000"], "more than half of this machine"),
        (["chess", "-a", "player=ada", "-a", "speed=9"], "unknown argument 'speed' (known: player"),
    ],
)
def test_wrong_use_is_one_line(user: Crawls, words: list[str], reason: str) -> None:
    done = user.run("analyse", *words)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("scrapy analyse: ")
    assert reason in line


@pytest.mark.parametrize(
    ("variables", "reason", "code"),
    [
        ({"STOCKFISH_EXECUTABLE": "/nowhere"}, "STOCKFISH_EXECUTABLE is wrong: expected the", 2),
        ({"STOCKFISH_EXECUTABLE": "/bin/true"}, "/bin/true cannot be used as a chess engine", 1),
    ],
)
def test_an_engine_that_cannot_be_used_is_one_line(
    variables: dict[str, str], reason: str, code: int, user: Crawls
) -> None:
    user.environment |= variables
    done = user.run("analyse", "chess", player="ada")
    assert (done.returncode, done.stdout) == (code, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"scrapy: {reason}")
