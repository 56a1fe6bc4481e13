"""Replays are named by addresses and by ids, in the forms in which people have them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from spiders.duelingbook.arguments import DuelingBookArguments
from spiders.duelingbook.spider import DuelingBookSpider


def read(**arguments: str) -> DuelingBookArguments:
    return DuelingBookArguments.model_validate(arguments)


def test_addresses_and_ids_give_each_replay_once() -> None:
    urls = (
        "https://www.duelingbook.com/replay?id=12",
        "http://duelingbook.com/replay?id=99-12&match=2&conceal",
        "www.duelingbook.com/replay?game=1&id=13",
        "duelingbook.com/replay/?id=4242-14",
    )
    assert read(urls=", ".join(urls), ids="14,015,7-16").replays == ("12", "13", "14", "15", "16")


def test_lists_in_files_join_those_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("# favourites\n5\n\n 6 \n")
    (tmp_path / "urls").write_text("https://www.duelingbook.com/replay?id=7\n")
    found = read(ids="4", ids_file=str(tmp_path / "ids"), urls_file=str(tmp_path / "urls"))
    assert found.replays == ("7", "4", "5", "6")


@pytest.mark.parametrize(
    "arguments",
    [
        {"ids": "0"},
        {"ids": "-5"},
        {"ids": "1" * 20},
        {"ids": "1; drop"},
        {"urls": "https://www.duelingbook.com.evil.test/replay?id=1"},
        {"urls": "https://www.duelingbook.com/replay?id=1&id=2"},
        {"urls": "https://www.duelingbook.com/deck?id=1"},
        {"urls": "https://www.duelingbook.com/replay?id=1-x"},
        {"ids": ",", "urls": ""},
    ],
)
def test_what_names_no_replay_is_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        read(**arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "no replays: give urls=URL,URL or ids=ID,ID or files=FILE,FOLDER"),
        ({"ids": "1,x"}, "argument 'ids': 'x' is no replay id: expected a number, or USER-NUMBER"),
        ({"urls": "https://site.test/replay?id=1"}, "is no replay page: expected https://www."),
        ({"urls": "https://www.duelingbook.com/replay"}, "names no replay: expected ...?id="),
        ({"ids_file": "nowhere"}, "cannot read ids_file nowhere: No such file or directory"),
        ({"id": "1"}, "unknown argument 'id' (known: origin, job, urls, urls_file, ids,"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(arguments: dict[str, str], said: str) -> None:
    problem = DuelingBookSpider.problem_with(arguments)
    assert problem is not None
    assert said in problem
    assert "\n" not in problem


def test_a_unit_is_an_id_or_an_address_and_one_replay_is_one_unit() -> None:
    units = [
        "70000001",
        "https://www.duelingbook.com/replay?id=70000001",
        "urls=duelingbook.com/replay?id=5",
    ]
    by_field = DuelingBookArguments.by_field(units)
    assert by_field == {"ids": (units[0],), "urls": (units[1], "duelingbook.com/replay?id=5")}
    assert DuelingBookArguments.model_validate(by_field).unit_names() == ("70000001", "5")
