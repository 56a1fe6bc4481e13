"""docs/security.md: each attack of its tables is met by a test that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and " what holds " not in line]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_each_test_that_it_names_exists(path: str, name: str) -> None:
    code = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", code, re.MULTILINE)


@pytest.mark.parametrize("row", ROWS)
def test_each_attack_has_a_test_or_a_place(row: str) -> None:
    assert re.search(r"`(tests|crawlers)/", row)
    assert row.count("|") == 4


def test_the_ten_risks_are_all_there() -> None:
    risks = re.findall(r"^\| API(\d+) ", TEXT, re.MULTILINE)
    assert risks == [str(number) for number in range(1, 11)]
