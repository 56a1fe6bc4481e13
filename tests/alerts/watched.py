"""A shop with rules about its products: what crawls of it leave to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import psycopg

from crawlers.alerts.wanted import RuleRequest
from crawlers.storage.alert_rules import INSERT
from tests.replica.market import NOUNS
from tests.shopee.site import Shopee

KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "below", "limit_minor": 9_000, "currency": "SGD", "hysteresis_percent": 5},
    {"kind": "above", "limit_minor": 30_000, "currency": "SGD"},
    {"kind": "fall_percent", "percent": 5},
    {"kind": "any_change"},
    {"kind": "any_change", "each_variant": True},
    {"kind": "out_of_stock"},
    {"kind": "back_in_stock"},
)


@dataclass
class WatchedShopee(Shopee):
    """Each kind of rule watches what each keyword finds."""

    also: ClassVar[tuple[str, ...]] = (*Shopee.also, "alert_outbox", "alert_states")
    dropped: ClassVar[Mapping[str, Sequence[str]]] = {
        **Shopee.dropped,
        "alert_outbox": ("id", "key", "at", "created_at", "planned_at"),
        "alert_states": ("fired_at",),
    }

    def __post_init__(self) -> None:
        """Set the rules."""
        super().__post_init__()
        with psycopg.connect(self.crawls.environment["DATABASE_URL"]) as connection:
            for number in range(len(KINDS) * len(NOUNS)):
                keyword = NOUNS[number % len(NOUNS)].lower()
                kind = KINDS[number // len(NOUNS)]
                rule = RuleRequest.model_validate({"name": str(number), "keyword": keyword, **kind})
                connection.execute(INSERT, rule.columns() | {"id": str(number), "owner": None})

    def tables(self, **without: Any) -> dict[str, list[str]]:
        """Return what its tables hold: some alert of each kind that two days can bring."""
        kinds = set(self.column("select kind from alert_outbox"))
        assert {"below", "above", "fall_percent", "any_change"} <= kinds
        return super().tables(**without)
