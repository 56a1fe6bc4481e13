"""Which crawl would fetch again what is stored: as the sources say."""

from string import Formatter
from typing import Any

import pytest
from scrapy.utils.project import get_project_settings

from crawlers.api.reads.refreshing import Refresh, describe
from crawlers.jobs.sources import Sources
from tests.api.reads.filling import items
from tests.api.reads.reading import NOON
from tests.api.reads.test_plans import LISTINGS

SHOPEE = "https://shopee.sg/A-Lamp-i.12.34"
TIKTOK = "https://shop.tiktok.com/view/product/1729400000000000001"


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(get_project_settings())


@pytest.mark.parametrize(
    ("kind", "known", "expected"),
    [
        ("chess_players", {"id": "ada"}, ("lichess", {}, ("ada",))),
        ("chess_games[]", {"player": "ada", "perf": "blitz"}, ("lichess", {}, ("ada",))),
        ("chess_games[]", {"black": "bea"}, ("lichess", {}, ("bea",))),
        ("duel_replays", {"id": "70000001"}, ("duelingbook", {}, ("70000001",))),
        ("esports_matches", {"id": "12"}, ("vlr", {"full": True}, ("12",))),
        (
            "esports_matches[]",
            {"team": "7", "status": "live"},
            ("vlr", {"with_matches": True}, ("teams=7",)),
        ),
        ("esports_matches[]", {}, ("vlr", {"section": ["matches", "results"]}, ())),
        ("esports_events", {"id": "9"}, ("vlr", {"with_matches": False}, ("events=9",))),
        ("esports_players", {"id": "8"}, ("vlr", {"players": ["8"]}, ())),
        (
            "esports_rankings[]",
            {"scope": "region", "region": "korea"},
            ("vlr", {"section": ["rankings"], "region": ["korea"]}, ()),
        ),
        ("esports_circuit_standings[]", {"year": 2026}, ("vlr", {"year": 2026}, ())),
        (
            "products[]",
            {"platform": "shopee", "region": "sg", "keyword": "lamp"},
            ("shopee", {"region": "sg"}, ("keywords=lamp",)),
        ),
        ("products", {"source": "shopee", "url": SHOPEE}, ("shopee", {}, (SHOPEE,))),
        ("products", {"source": "tiktok_shop", "url": TIKTOK}, ("tiktok_shop", {}, (TIKTOK,))),
    ],
)
def test_a_source_says_what_fetches_again(
    sources: Sources, kind: str, known: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    found = describe(sources, kind, known)
    assert found == Refresh(*expected)


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("duel_replays", {"id": "70000001", "source": "duelingbook", "checked_at": NOON}),
        ("chess_games", {"id": "abcdefgh", "source": "lichess", "checked_at": NOON}),
        ("chess_games[]", {"perf": "blitz"}),
        ("profiles", {"platform": "instagram", "id": "1"}),
        ("follows[]", {"platform": "instagram", "account": "a"}),
        ("products", {"platform": "shopee", "id": "34"}),
        ("products", {"source": "shopee", "url": None}),
        ("esports_matches", {"id": "no number"}),
        ("chess_players", {"id": "ada,bea"}),
        ("chess_players", {"id": "ada", "source": "one that is gone"}),
        ("things", {"id": "1"}),
    ],
)
def test_what_lasts_or_costs_or_is_not_known_enough_is_fetched_by_nobody(
    sources: Sources, kind: str, known: dict[str, Any]
) -> None:
    assert describe(sources, kind, known) is None


def test_who_wants_the_same_is_on_one_flight(sources: Sources) -> None:
    def flight(**known: Any) -> str:
        found = describe(sources, "chess_games[]", known)
        assert found is not None
        return found.flight

    assert flight(player="ada", perf="blitz") == flight(player="ada") == flight(white="ada")
    assert flight(player="ada") != flight(player="bea")


def test_sources_name_columns_filters_and_arguments_that_there_are(sources: Sources) -> None:
    filters = {one.name: one.filters for one in LISTINGS.values()}
    wrong = []
    for name in sources.names:
        spider = sources.spider(name)
        for kind, templates in spider.refreshes.items():
            table = kind.removesuffix("[]")
            there = filters[table] if kind.endswith("[]") else items()[table].columns
            for template in templates:
                used = {n for t in template.values() for _, n, _, _ in Formatter().parse(t) if n}
                wrong += [(name, kind, one) for one in used - set(there)]
                wrong += [
                    (name, kind, one) for one in set(template) - set(spider.Arguments.model_fields)
                ]
    assert wrong == []
