"""The cards of sources."""

import pytest
from scrapy.settings import Settings

from crawlers.card import Card
from crawlers.errors import ConfigError
from spiders.lichess.spider import LichessSpider

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


def test_a_card_that_says_a_field_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"delay.*twice"):
        Card.read(f"{TEXT}Delay: 0.1\n")


def test_limits_hold_for_each_worker_unless_the_card_shares_them() -> None:
    assert not Card.read(TEXT).shared
    assert Card.read(f"{TEXT}Shared: yes\n").shared


def test_the_limits_of_a_shared_site_are_kept_by_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LichessSpider, "card", Card.read(f"{TEXT}Shared: yes\n"))
    settings = Settings({"USER_AGENT": "test"})
    LichessSpider(players="anna", origin="https://shared.example").limit(settings)
    assert settings.getlist("SHARED_LIMIT_KEYS") == ["https://shared.example:443"]
    assert settings.getint("SHARED_CONCURRENCY") == 2
    assert settings.getfloat("SHARED_DELAY_S") == 0.5
    assert settings.getfloat("DOWNLOAD_DELAY") == 0
    assert "SERIAL_LIMIT_KEYS" not in settings
