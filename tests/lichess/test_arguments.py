"""What ``scrapy crawl lichess`` takes, and what it says of what it does not take."""

from pathlib import Path

import pytest

from spiders.lichess.arguments import LichessArguments
from spiders.lichess.spider import LichessSpider

WRONG: list[tuple[dict[str, str], str]] = [
    ({"playrs": "anna"}, "unknown argument 'playrs' (known: origin, job, players, players_file,"),
    ({"players": "anna", "since": "soon"}, "argument 'since': 'soon' is no date"),
    ({"players": "anna", "until": "2026-13-01"}, "argument 'until': '2026-13-01' is no date"),
    ({"players": "anna", "since": "1999-01-01"}, "argument 'since'"),
    ({"players": ""}, "no players"),
    ({"players": ", ,"}, "no players"),
    ({}, "no players"),
    ({"players": "a b"}, "'a b' is no user name of Lichess"),
    ({"players": "anna/../bob"}, "is no user name of Lichess"),
    ({"players_file": "nowhere.txt"}, "cannot read players_file nowhere.txt: No such file"),
    ({"players": "anna", "max": "many"}, "argument 'max'"),
    ({"players": "anna", "max": "0"}, "argument 'max'"),
    ({"players": "anna", "rated": "perhaps"}, "argument 'rated'"),
    ({"players": "anna", "perf": "chequers"}, "unknown perf 'chequers'"),
    ({"players": "anna", "since": "2026-01-02", "until": "2026-01-01"}, "since is not before"),
    ({"players": "anna", "origin": "lichess.org"}, "argument 'origin'"),
    ({"players": "anna", "origin": "ftp://lichess.org"}, "argument 'origin'"),
    ({"players": "anna", "origin": "http://lichess.org:99999"}, "argument 'origin'"),
    ({"players": "anna", "origin": "http://lichess.org:abc"}, "argument 'origin'"),
    ({"players": "anna", "origin": "http://me:pw@lichess.org"}, "argument 'origin'"),
    ({"players": "anna", "origin": "http://lichess.org?x=1"}, "argument 'origin'"),
    ({"players": "anna", "origin": "http://10.0.0.1"}, "is a private address"),
    ({"players": "anna", "origin": "http://0x7f.1:80"}, "is a private address"),
]


@pytest.mark.parametrize(("arguments", "expected"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_arguments_are_named_in_one_line(arguments: dict[str, str], expected: str) -> None:
    problem = LichessSpider.problem_with(arguments)
    assert problem is not None
    assert expected in problem
    assert "\n" not in problem


def test_an_empty_players_file_is_an_empty_list(tmp_path: Path) -> None:
    path = tmp_path / "players.txt"
    path.write_text("# nobody yet\n\n")
    problem = LichessSpider.problem_with({"players_file": str(path)})
    assert problem is not None
    assert "no players" in problem


def test_a_players_file_adds_to_the_command_line_and_case_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "players.txt"
    path.write_text("Bob\n# not yet: carl\nANNA\n")
    given = {"players": "anna", "players_file": str(path)}
    args = LichessArguments.model_validate(given)
    assert [name.lower() for name in args.players] == ["anna", "bob"]


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-01-31", 1_769_817_600_000),
        ("2026-01-31T12:00", 1_769_860_800_000),
        ("2026-01-31T12:00+02:00", 1_769_853_600_000),
        ("1769817600000", 1_769_817_600_000),
    ],
)
def test_instants_are_read_as_utc(text: str, ms: int) -> None:
    args = LichessArguments.model_validate({"players": "anna", "since": text})
    assert args.since == ms


def test_arguments_of_scrapyd_are_no_arguments_of_ours() -> None:
    given = {"players": "anna", "_job": "1", "_version": "2"}
    assert LichessSpider.problem_with(given) is None
