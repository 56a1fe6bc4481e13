"""Forms from the argument models of every source."""

import pytest
from scrapy.utils.project import get_project_settings

from crawlers.jobs.sources import Sources
from crawlers.web import forms

SOURCES = Sources(get_project_settings())


@pytest.mark.parametrize("name", SOURCES.names)
def test_every_source_has_a_form_that_says_what_each_argument_is(name: str) -> None:
    spider = SOURCES.spider(name)
    fields = forms.inputs(spider, in_test_mode=False)
    assert all(one.description for one in fields)
    assert [one.name for one in fields if one.is_unit]
    assert {"files", "job", "origin"}.isdisjoint(one.name for one in fields)
    assert not any(one.name.endswith("_file") for one in fields)
    # What is filled in as it is proposed is taken.
    given = {one.name: one.default for one in fields if one.kind in {"number", "choice"}}
    problems = forms.wrong(spider, forms.arguments(fields, given))
    assert problems.keys() <= {""}


def test_lists_are_by_lines_and_by_commas_and_nothing_is_nothing() -> None:
    fields = forms.inputs(SOURCES.spider("lichess"), in_test_mode=True)
    given = {"players": " ada ,\r\nboris\n\n", "max": " ", "rated": "1", "unknown": "x"}
    assert forms.arguments(fields, given) == {"players": ["ada", "boris"], "rated": "1"}
    assert "origin" in {one.name for one in fields}


def test_what_is_wrong_is_said_beside_its_field() -> None:
    spider = SOURCES.spider("lichess")
    problems = forms.wrong(spider, {"players": ["a b"], "max": "0", "since": "yesterday"})
    assert problems.keys() == {"players", "max", "since"}
    assert "no players" in forms.wrong(spider, {})[""]
