"""What each kind of rule finds in prices and stock, in the transaction that stores them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.alerts.wanted import RuleRequest
from crawlers.errors import AlertError
from crawlers.storage import collections, whose
from tests.alerts.desk import Desk, at
from tests.alerts.oracle import Oracle, Seen

IN, OUT, GONE, UNKNOWN = "in_stock", "out_of_stock", "gone", "unknown"
BELOW: dict[str, Any] = {"kind": "below", "limit_minor": 100, "currency": "SGD"}


def test_a_price_at_the_limit_is_told_once_until_it_has_recovered(desk: Desk) -> None:
    desk.rule(**BELOW)
    desk.prices(120, 100, 90, 99, 101, 95)
    assert desk.told() == [100, 95]


def test_a_price_that_flaps_around_the_limit_is_told_again_after_a_real_recovery(
    desk: Desk,
) -> None:
    desk.rule(**BELOW, hysteresis_percent=10)
    desk.prices(99, 101, 99, 110, 98, 111, 97)
    assert desk.told() == [99, 97]


def test_a_rise_above_a_limit_is_told(desk: Desk) -> None:
    desk.rule(kind="above", limit_minor=100, currency="SGD", hysteresis_percent=10)
    desk.prices(99, 100, 120, 91, 130, 89, 100)
    assert desk.told() == [100, 100]


def test_a_fall_is_of_the_highest_price_since_the_last_alert_however_slow(desk: Desk) -> None:
    desk.rule(kind="fall_percent", percent=10)
    desk.prices(100, 97, 94, 90, 88, 81, 200, 181, 180)
    assert desk.told() == [90, 81, 180]
    assert desk.alerts()[0]["facts"] == {
        "price_minor": 90, "before_minor": 94, "reference_minor": 100, "percent": 10,
        "currency": "SGD",
    }  # fmt: skip


def test_a_new_lowest_price_needs_three_before_it(desk: Desk) -> None:
    desk.rule(kind="new_lowest")
    desk.prices(100, 90, 80, 80, 79, 85, 79, 78)
    assert desk.told() == [79, 78]


def test_a_new_lowest_price_counts_what_was_there_before_the_rule(desk: Desk) -> None:
    desk.prices(100, 50, 80, 90)
    desk.rule(kind="new_lowest")
    desk.prices(60, 49)
    assert desk.told() == [49]


def test_any_change_is_told_up_and_down(desk: Desk) -> None:
    desk.rule(kind="any_change")
    desk.prices(100, 100, 110, 110, 90)
    assert desk.told() == [110, 90]


def test_small_changes_are_told_when_they_have_added_up(desk: Desk) -> None:
    desk.rule(kind="any_change", percent=10)
    desk.prices(100, 104, 108, 111, 105, 99)
    assert desk.told() == [111, 99]


def test_nothing_is_told_twice_within_a_cooldown_and_what_lasts_is_told_after_it(
    desk: Desk,
) -> None:
    desk.rule(kind="any_change", cooldown_s=100)
    desk.prices(100, 90, 80)
    desk.see(Seen("1", None, at(101), 80))
    assert desk.told() == [90, 80]


def test_prices_of_other_currencies_say_nothing(desk: Desk) -> None:
    desk.rule(**BELOW)
    desk.rule(kind="any_change")
    desk.prices(500)
    desk.prices(50, currency="USD")
    desk.prices(50, currency=None)
    desk.prices(500)
    assert desk.told() == []


def test_what_has_no_price_is_not_for_nothing(desk: Desk) -> None:
    desk.rule(**BELOW)
    desk.rule(kind="any_change")
    desk.rule(kind="fall_percent", percent=1)
    desk.prices(500, None, None, availability=OUT)
    desk.prices(500)
    assert desk.told() == []


@pytest.mark.parametrize(
    ("kind", "stock", "expected"),
    [
        ("out_of_stock", [IN, OUT, OUT, IN, OUT], [1, 4]),
        ("out_of_stock", [OUT, OUT], []),  # nobody has seen it in stock
        ("out_of_stock", [IN, None, UNKNOWN, OUT], [3]),
        ("out_of_stock", [IN, GONE, UNKNOWN, None], []),  # gone or not known is not sold out
        ("back_in_stock", [IN, OUT, IN, IN, OUT, None, IN], [2, 6]),
        ("back_in_stock", [GONE, IN], [1]),
        ("back_in_stock", [None, IN, UNKNOWN, IN], []),
    ],
)
def test_stock(desk: Desk, kind: str, stock: list[str | None], expected: list[int]) -> None:
    desk.rule(kind=kind)
    for number, availability in enumerate(stock):
        desk.see(Seen("1", None, at(number), 100, availability=availability))
    assert [(one["at"] - at(0)).seconds for one in desk.alerts()] == expected


def test_variants_are_watched_one_by_one_or_not_at_all(desk: Desk) -> None:
    desk.rule(**BELOW, name="product")
    desk.rule(**BELOW, name="each", each_variant=True)
    desk.rule(**BELOW, name="one", variant_id="8", platform="shopee", product_id="1")
    desk.see(*(Seen("1", variant, at(0), 90) for variant in (None, "7", "8")))
    found = {(one["rule_name"], one["variant_id"]) for one in desk.alerts()}
    assert found == {("product", None), ("each", "7"), ("each", "8"), ("one", "8")}


def test_collections_and_keywords_are_watched_as_they_are_now(desk: Desk) -> None:
    desk.collect("lamps", "1", "2")
    desk.find("usb cable", "3")
    desk.find("usb cable", "4", region="my")
    desk.rule(**BELOW, name="lamps", collection="lamps")
    desk.rule(**BELOW, name="cables", keyword="usb cable")
    desk.rule(**BELOW, name="cables in my", keyword="usb cable", region="my")
    desk.see(*(Seen(product, None, at(0), 90) for product in "12345"))
    found = sorted((one["rule_name"], one["product_id"]) for one in desk.alerts())
    assert found == [
        ("cables", "3"), ("cables", "4"), ("cables in my", "4"), ("lamps", "1"), ("lamps", "2"),
    ]  # fmt: skip


def test_a_paused_rule_finds_nothing_and_goes_on_with_what_it_knew(desk: Desk) -> None:
    rule = desk.rule(kind="any_change")
    desk.prices(100)
    desk.ask("update alert_rules set is_paused = true")
    desk.prices(90, 80)
    desk.ask("update alert_rules set is_paused = false")
    desk.prices(80)
    assert desk.told() == [80]
    desk.ask("delete from alert_rules where id = %s", rule.id)
    assert desk.ask("select * from alert_states") == []


def test_a_price_that_stays_is_looked_at_again_by_what_is_new(desk: Desk) -> None:
    desk.collect("lamps", "2")
    desk.rule(kind="any_change", name="other")
    desk.prices(90, 90)
    rule = desk.rule(**BELOW, name="new")
    desk.prices(90, 90)
    assert [one["rule_name"] for one in desk.alerts()] == ["new"]
    desk.rule(**BELOW, name="lamps", collection="lamps")
    desk.rule(**BELOW, name="cables", keyword="cable")
    desk.prices(90)
    desk.ask("insert into collection_products select id, 'shopee', '1' from collections")
    desk.prices(90)
    desk.find("cable", "1")
    desk.prices(90, 90)
    desk.ask("update alert_states set is_armed = true where rule = %s", rule.id)
    desk.ask("update alert_rules set is_paused = false")
    desk.prices(90, 90)
    assert [one["rule_name"] for one in desk.alerts()] == ["new", "lamps", "cables", "new"]


def test_what_found_a_product_may_be_stored_after_its_price(desk: Desk) -> None:
    desk.rule(**BELOW, keyword="cable")
    desk.prices(90)
    desk.find("cable", "1")
    desk.ask("update product_keywords set first_seen_at = %s", at(-5))
    desk.prices(90, 90)
    desk.find("cable", "1", region="my")
    desk.rule(**BELOW, keyword="cable", region="th")
    desk.prices(90)
    desk.find("cable", "1", region="th")
    desk.ask("update product_keywords set first_seen_at = %s", at(-5))
    desk.prices(90, 90)
    assert desk.told() == [90, 90]


def test_a_snapshot_that_is_written_again_is_looked_at_again(desk: Desk) -> None:
    desk.rule(**BELOW)
    desk.prices(120)
    desk.ask("update price_snapshots set price_minor = 90")
    desk.ask("update price_snapshots set price_minor = 90")
    assert desk.told() == [90]


def test_an_absurd_price_costs_no_other_row(desk: Desk) -> None:
    desk.rule(kind="fall_percent", percent=5)
    desk.rule(**BELOW)
    desk.prices(2**63 - 1, 2**63 - 1, 0)
    assert desk.told() == [0, 0]


SERIES = [("1", None), ("1", "7"), ("1", "8"), ("2", None), ("3", None)]
TARGETS: list[tuple[dict[str, Any], set[str]]] = [
    ({"platform": "shopee", "product_id": "1"}, {"1"}),
    ({"platform": "shopee", "product_id": "1", "each_variant": True}, {"1"}),
    ({"platform": "shopee", "product_id": "1", "variant_id": "8"}, {"1"}),
    ({"collection": "c"}, {"1", "2"}),
    ({"keyword": "k"}, {"2", "3"}),
]
PRICES = st.none() | st.sampled_from([0, 80, 90, 95, 99, 100, 101, 105, 110, 2**62])
PERCENTS = st.sampled_from(["0.01", "5", "10", "33.3333", "100"])


@st.composite
def rules(draw: st.DrawFn) -> tuple[dict[str, Any], set[str]]:
    """Draw a rule, and the products that it watches."""
    target, products = draw(st.sampled_from(TARGETS))
    kind = draw(st.sampled_from(["below", "above", "fall_percent", "new_lowest", "any_change",
                                 "out_of_stock", "back_in_stock"]))  # fmt: skip
    rule = {"kind": kind, "cooldown_s": draw(st.sampled_from([0, 3, 10])), **target}
    if kind in {"below", "above"}:
        rule |= {"limit_minor": 100, "currency": "SGD"}
        rule["hysteresis_percent"] = draw(st.sampled_from(["0", "5", "10"]))
    elif "stock" not in kind:
        rule["currency"] = draw(st.sampled_from([None, "SGD"]))
    if kind == "fall_percent" or (kind == "any_change" and draw(st.booleans())):
        rule["percent"] = draw(PERCENTS)
    return rule, products


BATCHES = st.lists(
    st.dictionaries(
        st.sampled_from(SERIES),
        st.tuples(
            PRICES,
            st.sampled_from(["SGD", "SGD", "SGD", "USD", None]),
            st.sampled_from([None, IN, IN, OUT, GONE, UNKNOWN]),
        ),
        min_size=1,
    ),
    max_size=14,
)


@settings(max_examples=80)
@given(st.lists(rules(), min_size=1, max_size=5), BATCHES)
def test_the_database_finds_what_the_oracle_finds(
    examples: Desk,
    wanted: list[tuple[dict[str, Any], set[str]]],
    batches: list[dict[tuple[str, str | None], tuple[int | None, str | None, str | None]]],
) -> None:
    for table in ("price_snapshots", "alert_outbox", "alert_rules", "collections", "alert_looks"):
        examples.ask(f"delete from {table}")  # noqa: S608 - ours
    examples.collect("c", "1", "2")
    for product in "23":
        examples.find("k", product)
    oracles = {}
    for number, (rule, products) in enumerate(wanted):
        request = RuleRequest.model_validate({"name": str(number), **rule})
        oracles[examples.rule(**request.model_dump()).name] = Oracle(request, products)
    expected = set()
    for number, batch in enumerate(batches):
        seen = [
            Seen(product, variant, at(number), *facts)
            for (product, variant), facts in batch.items()
        ]
        examples.see(*seen)
        for one in seen:
            expected |= {
                (name, one.product, one.variant, one.at)
                for name, oracle in oracles.items()
                if oracle.fires(one)
            }
    found = {
        (one["rule_name"], one["product_id"], one["variant_id"], one["at"])
        for one in examples.alerts()
    }
    assert found == expected


def test_nobody_has_more_rules_channels_and_collections_than_crawls_can_bear(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in whose.MOST:
        monkeypatch.setitem(whose.MOST, table, 2)
    monkeypatch.setattr(collections, "PRODUCTS_MAX", 3)
    for number in range(2):
        desk.rule(**BELOW)
        desk.channel("json://127.0.0.1:1/x", f"channel {number}")
        desk.collect(f"collection {number}", "1", "2", "3")
    with pytest.raises(AlertError, match="there are 2 rules already, the most there may be"):
        desk.rule(**BELOW)
    with pytest.raises(AlertError, match="there are 2 channels already"):
        desk.channel("json://127.0.0.1:1/x")
    with pytest.raises(AlertError, match="there are 2 collections already"):
        desk.collect("one more")
    desk.rule("somebody", **BELOW)
    desk.ask("delete from collections where name = 'collection 1'")
    with pytest.raises(AlertError, match="a collection can have 3 products"):
        desk.collect("large", "1", "2", "3", "4")
    assert len(desk.ask("select id from collections")) == 1
