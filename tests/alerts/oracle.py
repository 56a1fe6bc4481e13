"""What rules must find, said once more in plain Python: the SQL is compared with it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from crawlers.alerts.wanted import RuleRequest

POINTS = 3
"""Prices that must be known before one is called the lowest."""
STOCK = {"in_stock", "out_of_stock", "gone"}


@dataclass(frozen=True)
class Seen:
    """A snapshot of a product or (with *variant*) of a variant."""

    product: str
    variant: str | None
    at: datetime
    price: int | None = None
    currency: str | None = "SGD"
    availability: str | None = None


@dataclass
class Series:
    """What a rule has seen of one product or variant."""

    prices: dict[str, list[int]] = field(default_factory=dict)
    stock: str | None = None
    is_armed: bool | None = None
    reference: int | None = None
    currency: str | None = None
    fired_at: datetime | None = None


class Oracle:
    """A rule. *products* are those that it watches."""

    def __init__(self, rule: RuleRequest, products: set[str]) -> None:
        """Know nothing yet."""
        self.rule = rule
        self.products = products
        self._series: dict[tuple[str, str | None], Series] = {}

    def fires(self, seen: Seen) -> bool:
        """Take *seen* in, and tell whether there is an alert."""
        series = self._series.setdefault((seen.product, seen.variant), Series())
        fires = self._watches(seen) and self._fires(series, seen)
        self.note(seen)
        return fires

    def note(self, seen: Seen) -> None:
        """Take *seen* in as what was there while the rule was not."""
        series = self._series.setdefault((seen.product, seen.variant), Series())
        if seen.price is not None:
            series.prices.setdefault(seen.currency or "", []).append(seen.price)
        if seen.availability in STOCK:
            series.stock = seen.availability

    def _watches(self, seen: Seen) -> bool:
        rule = self.rule
        if seen.product not in self.products:
            return False
        if rule.variant_id:
            return seen.variant == rule.variant_id
        return (seen.variant is not None) == rule.each_variant

    def _fires(self, series: Series, seen: Seen) -> bool:
        if self.rule.kind in {"out_of_stock", "back_in_stock"}:
            return seen.availability in STOCK and self._stock(series, seen)
        if seen.price is None or self.rule.currency not in {None, seen.currency}:
            return False
        if self.rule.kind in {"below", "above"}:
            return self._limit(series, seen, seen.price)
        return self._change(series, seen, seen.price)

    def _is_rested(self, series: Series, seen: Seen) -> bool:
        pause = timedelta(seconds=self.rule.cooldown_s)
        return series.fired_at is None or seen.at >= series.fired_at + pause

    def _stock(self, series: Series, seen: Seen) -> bool:
        is_in = seen.availability == "in_stock"
        if self.rule.kind == "out_of_stock":
            wanted, over, ready = seen.availability == "out_of_stock", is_in, "in_stock"
            armed = series.stock == ready
        else:
            wanted, over = is_in, not is_in
            armed = series.stock in {"out_of_stock", "gone"}
        if series.is_armed is None:
            series.is_armed = armed
        return self._level(series, seen, wanted=wanted, over=over)

    def _limit(self, series: Series, seen: Seen, price: int) -> bool:
        limit, slack = self.rule.limit_minor or 0, Fraction(self.rule.hysteresis_percent) / 100
        if self.rule.kind == "below":
            wanted, over = price <= limit, price > limit * (1 + slack)
        else:
            wanted, over = price >= limit, price < limit * (1 - slack)
        if series.is_armed is None:
            series.is_armed = True
        return self._level(series, seen, wanted=wanted, over=over)

    def _level(self, series: Series, seen: Seen, *, wanted: bool, over: bool) -> bool:
        if wanted and series.is_armed and self._is_rested(series, seen):
            series.is_armed, series.fired_at = False, seen.at
            return True
        if over and series.is_armed is not None:
            series.is_armed = True
        return False

    def _change(self, series: Series, seen: Seen, price: int) -> bool:
        money = seen.currency or ""
        before = series.prices.get(money, [])
        if series.currency != money:
            series.currency = money
            lowest = min(before, default=None)
            last = before[-1] if before else None
            series.reference = lowest if self.rule.kind == "new_lowest" else last
        reference = series.reference
        if reference is None:
            series.reference = price
            return False
        is_news = self._is_news(price, reference, before)
        fires = is_news and self._is_rested(series, seen)
        if fires:
            series.reference, series.fired_at = price, seen.at
        elif self.rule.kind == "fall_percent" or (
            self.rule.kind == "new_lowest" and len(before) < POINTS
        ):
            better: Any = max if self.rule.kind == "fall_percent" else min
            series.reference = better(reference, price)
        return fires

    def _is_news(self, price: int, reference: int, before: list[int]) -> bool:
        share = Fraction(self.rule.percent or 0) / 100
        if self.rule.kind == "fall_percent":
            return price < reference and price <= reference * (1 - share)
        if self.rule.kind == "any_change":
            return price != reference and abs(price - reference) >= reference * share
        return price < reference and len(before) >= POINTS and price <= min(before)
