"""``scrapy gender``: coverage and error for a file of names and labels."""

import csv
from pathlib import Path

import pytest

from crawlers.commands.gender import labelled
from tests.crawls.run import Crawls

LIST = Path(__file__).with_name("labelled.csv")


@pytest.fixture
def crawls(tmp_path: Path) -> Crawls:
    """Return a home of its own; no database is needed."""
    return Crawls(tmp_path, {"COLUMNS": "100"})


def rows(out: str) -> dict[str, list[str]]:
    """Return the cells of the printed table, by label."""
    table = [line.strip("│┃ ").replace("┃", "│").split("│") for line in out.splitlines()]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in table if cells[1:]}


def test_it_prints_coverage_and_error_of_all_and_by_label(crawls: Crawls) -> None:
    path = crawls.home / "names.csv"
    path.write_text(
        "id,name,label\n1,Martin,m\n2,Maria,M\n3,Kim,male\n4,Anna,f\n5,Xqzzw,Female\n6,Bo,?\n",
        encoding="utf-8-sig",
    )
    done = crawls.run("gender", str(path))
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout) == {
        "label": ["names", "coverage", "wrong", "error", "total error"],
        "all": ["5", "60.00 %", "1", "33.33 %", "60.00 %"],
        "male": ["3", "66.67 %", "1", "50.00 %", "66.67 %"],
        "female": ["2", "50.00 %", "0", "0.00 %", "50.00 %"],
    }
    assert "nomquamgender 0.1.4, p >= 0.9" in done.stdout
    assert "Gender bias: +33.33 %" in done.stdout
    assert "Left out: 1 rows with another label." in done.stdout


def test_a_label_that_nobody_has_has_no_numbers(crawls: Crawls) -> None:
    path = crawls.home / "names.csv"
    path.write_text("name,label\nXqzzw,m\n")
    done = crawls.run("gender", str(path))
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout)["female"] == ["0", "-", "0", "-", "-"]
    assert "Gender bias: -" in done.stdout


def test_our_own_list_goes_through_it(crawls: Crawls) -> None:
    done = crawls.run("gender", str(LIST))
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout)["all"][0] == "87"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "name one file: scrapy gender <file.csv>"),
        (("missing.csv",), "missing.csv: No such file or directory"),
        (("README.md",), "README.md: no column label and no column name"),
    ],
)
def test_wrong_use_is_one_clear_line_and_exit_code_2(
    crawls: Crawls, words: tuple[str, ...], expected: str
) -> None:
    done = crawls.run("gender", *words)
    assert done.returncode == 2
    assert done.stderr == f"scrapy gender: {expected}\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "no column label and no column name"),
        (b"name,gender\nMaria,f\n", "no column label$"),
        (b"name,label\n", "no row has the label m, f, male or female"),
        (b"name,label\nMaria,1\nAnna\n", "no row has the label m, f, male or female"),
        (b"name,label\nJos\xe9,m\n", "not UTF-8"),
        (b'name,label\n"' + b"x" * 200_000 + b'",m\n', "field larger than field limit"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, body: bytes, expected: str) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(body)
    with pytest.raises((ValueError, csv.Error), match=expected):
        labelled(path)


def test_data_that_cannot_be_used_is_one_clear_line_and_exit_code_1(crawls: Crawls) -> None:
    (crawls.home / "cache").write_text("in the way")
    done = crawls.run("gender", str(LIST))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "could not be made ready" in line
