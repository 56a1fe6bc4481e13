"""The cards of sources."""

import pytest

from crawlers.card import Card
from crawlers.errors import ConfigError

TEXT = """A source.

Site: https://example.org
Terms: none
    at all
Robots: none
Concurrency: 2
Delay: 0.5
Serial: no
Volume: little
Expects: 1
"""


def test_a_card_is_read_from_a_docstring() -> None:
    card = Card.read(TEXT)
    assert (card.title, card.terms) == ("A source.", "none at all")
    assert (card.concurrency, card.delay, card.serial, card.expects) == (2, 0.5, False, 1)


@pytest.mark.parametrize("field", ["Site", "Terms", "Concurrency", "Serial", "Expects"])
def test_a_card_without_a_field_is_refused(field: str) -> None:
    with pytest.raises(ConfigError, match=field.lower()):
        Card.read("\n".join(line for line in TEXT.splitlines() if not line.startswith(field)))


def test_a_card_with_a_field_of_its_own_is_refused() -> None:
    with pytest.raises(ConfigError, match="colour"):
        Card.read(f"{TEXT}Colour: red\n")
