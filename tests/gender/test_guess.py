"""The estimate: who is called male, female, unknown, and how good that is."""

import csv
from importlib.metadata import version
from pathlib import Path

import pytest

from crawlers.commands.gender import labelled
from crawlers.gender import METHOD, Guess, gender_of
from crawlers.gender.measure import Answers, answers, gender_bias, score

UNKNOWN = Guess("unknown", None)


def test_a_guess_names_the_probability_of_the_gender_that_it_names() -> None:
    assert gender_of("Maria Lopez") == Guess("female", 0.953)
    assert gender_of("Martin") == Guess("male", 0.999)


@pytest.mark.parametrize("name", [None, "", " ", "M", "✨", "Acme Studio", "Xqzzw", "1990"])
def test_where_there_is_no_name_nothing_is_guessed(name: str | None) -> None:
    assert gender_of(name) == UNKNOWN


@pytest.mark.parametrize("name", ["Andrea", "Jean", "Kim", "KIM", "Wei"])
def test_a_name_of_both_is_unknown(name: str) -> None:
    assert gender_of(name) == UNKNOWN


def test_a_surname_does_not_decide_for_a_first_name_of_both() -> None:
    assert gender_of("Anderson").gender == "male"
    assert gender_of("Kim Anderson") == UNKNOWN
    assert gender_of("K. Anderson") == UNKNOWN


def test_a_word_that_is_not_known_leaves_it_to_the_next() -> None:
    assert gender_of("xqzzw_maria") == gender_of("Maria")


def test_a_name_seen_fewer_than_ten_times_is_not_known() -> None:
    # The data: "studio" twice, both men.
    assert gender_of("studio") == UNKNOWN
    assert gender_of("mr. store") == UNKNOWN
    assert gender_of("Official Hi") == UNKNOWN


def test_a_double_name_counts_as_a_whole() -> None:
    assert gender_of("Jean") == UNKNOWN
    assert gender_of("Jean-Pierre Martin") == Guess("male", 1.0)
    assert gender_of("Jean-Xqzzw") == UNKNOWN


def test_the_method_names_library_version_and_threshold() -> None:
    found = f"nomquamgender {version('nomquamgender')}, p >= 0.9, seen 10 times or more"
    assert found == METHOD


def test_coverage_and_error_of_our_own_list() -> None:
    path = Path(__file__).with_name("labelled.csv")
    names, left_out = labelled(path)
    with path.open(encoding="utf-8") as file:
        assert len(names) == sum(1 for _ in csv.DictReader(file))
    assert left_out == 0
    total = score(answers(names), "male", "female")
    assert total.names == 87
    assert total.coverage is not None
    assert total.coverage > 0.8
    assert total.error is not None
    assert total.error < 0.02


def test_the_measures_by_hand() -> None:
    found: Answers = Answers()
    found.update({("male", "male"): 5, ("male", "female"): 2, ("male", "unknown"): 3})
    found.update({("female", "female"): 6, ("female", "male"): 1, ("female", "unknown"): 3})
    total, men = score(found, "male", "female"), score(found, "male")
    assert (total.names, total.answered, total.wrong) == (20, 14, 3)
    assert (total.coverage, total.error, total.total_error) == (14 / 20, 3 / 14, 9 / 20)
    assert (men.coverage, men.error, men.total_error) == (7 / 10, 2 / 7, 5 / 10)
    assert gender_bias(found) == 1 / 14


def test_of_nothing_there_are_no_measures() -> None:
    none = score(Answers(), "male", "female")
    assert (none.coverage, none.error, none.total_error) == (None, None, None)
    assert gender_bias(Answers()) is None
