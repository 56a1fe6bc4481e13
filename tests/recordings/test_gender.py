# ruff: noqa: RUF001 - letters that look like others are the subject
"""Every name of the recorded cases, with what must come of it."""

import csv
from pathlib import Path

from crawlers.commands.gender import labelled
from crawlers.gender import gender_of
from crawlers.gender.measure import LABELS, answers, gender_bias, score

EXPECTED = {
    "ᴍᴀʀɪᴀ": "female",
    "Ｍａｒｉａ": "female",
    "𝓜𝓪𝓻𝓲𝓪": "female",
    "Ⓜⓐⓡⓘⓐ": "female",
    "🅼🅰🆁🅸🅰": "female",
    "ꜱᴀʀᴀʜ": "female",
    "mаria": "female",
    "ＭＡＲＩＡ♡": "female",
    "Ⲙⲁⲣⲓⲁ": "unknown",
    "Maria🌸": "female",
    "🌸 Maria": "female",
    "Dr. Maria": "female",
    "MARIA_LOPEZ": "female",
    "Maria Lopez": "female",
    "Acme Studio": "unknown",
    "M": "unknown",
    "": "unknown",
    "İrem": "female",
    "李娜": "unknown",
    "Мария": "female",
    "مريم": "female",
    "Andrea": "unknown",
    "Jean": "unknown",
    "Kim": "unknown",
}


def test_every_recorded_case_of_writing_a_name(recordings: Path, report: list[str]) -> None:
    path = recordings / "gender" / "normalisation_cases_synthetic.csv"
    with path.open(encoding="utf-8", newline="") as file:
        names = [row["display_name"] for row in csv.DictReader(file)]
    assert {name: gender_of(name).gender for name in names} == EXPECTED
    assert gender_of("ꜱᴀʀᴀʜ") == gender_of("Sarah")
    report.append(f"{'gender':<16}{'as expected':<14}{len(names):>6}")


def test_official_names_are_answered_and_hardly_one_is_wrong(
    recordings: Path, report: list[str], tmp_path: Path
) -> None:
    """The data was made of such lists: this shows that the names arrive, and nothing else."""
    path = recordings / "gender" / "official_names_by_country_sample.csv"
    copy = tmp_path / "names.csv"
    copy.write_text(path.read_text(encoding="utf-8").replace("label_95", "label", 1))
    found = answers(labelled(copy)[0])
    total = score(found, *LABELS)
    assert total.names > 1_500
    assert total.coverage is not None
    assert total.coverage > 0.9
    assert total.error is not None
    assert total.error < 0.002
    assert abs(gender_bias(found) or 0) < 0.002
    report.append(f"{'gender':<16}{'names':<14}{total.names:>6}, {total.coverage:.1%} answered")
