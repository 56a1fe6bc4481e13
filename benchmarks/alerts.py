"""10,000 products, crawled anew each day with and without 1,000 rules: speed, and what they find.

A tenth of the products change from one crawl to the next. Each stores a snapshot: it is a new day.
Each of both has a database of its own, which sees every day.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

from benchmarks.measure import Comparison, Series, Target, say
from benchmarks.processes import ROOT, Crawl, crawl
from benchmarks.store import Store, store
from crawlers.alerts.wanted import RuleRequest
from crawlers.storage.alert_rules import INSERT
from tests.alerts.oracle import Oracle, Seen
from tests.replica.market import DAY_S, NOUNS, Market, MarketWorld, facts
from tests.replica.process import ReplicaProcess, replica_process

PRODUCTS, RULES = 10_000, 1_000
RUNS = 9
"""Crawls of two seconds vary by a tenth: five are too few for a target of a twentieth."""
COLLECTIONS, COLLECTED = 80, 100
"""Collections, and products in each: a rule watches each of them."""
BY_KEYWORD = 16
"""Rules on keywords, which find an eighth of the products each."""
ON_A_PAGE = 60
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "below", "limit_minor": 9_000, "currency": "SGD", "hysteresis_percent": 5},
    {"kind": "above", "limit_minor": 30_000, "currency": "SGD"},
    {"kind": "fall_percent", "percent": 5},
    {"kind": "new_lowest"},
    {"kind": "any_change"},
    {"kind": "out_of_stock"},
    {"kind": "back_in_stock"},
)
Found = set[tuple[str, str, int]]
"""Rule, product, when."""


class Watch:
    """The rules in the database of *data*, and what they must find."""

    def __init__(self, data: Store, world: MarketWorld) -> None:
        """Set all rules."""
        self._data = data
        self._goods = Market(world).goods
        self._chance = random.Random(1)  # noqa: S311 - reproducible, no secret
        self.expected: Found = set()
        with psycopg.connect(data.url, autocommit=True) as connection:
            self._oracles = dict(self._rules(connection, list(self._goods)))

    def _rules(
        self, connection: psycopg.Connection[Any], ids: list[str]
    ) -> Iterator[tuple[str, Oracle]]:
        for number in range(RULES):
            target: dict[str, Any]
            if number < COLLECTIONS:
                products = set(self._chance.sample(ids, COLLECTED))
                target = {"collection": self._collect(connection, number, products)}
            elif number < COLLECTIONS + BY_KEYWORD:
                noun = NOUNS[number % len(NOUNS)]
                products = {one.id for one in self._goods.values() if noun in one.name}
                target = {"keyword": noun.lower()}
            else:
                products = {self._chance.choice(ids)}
                target = {"platform": "shopee", "product_id": next(iter(products))}
            kind = KINDS[number % len(KINDS)]
            rule = RuleRequest.model_validate({"name": str(number), **kind, **target})
            values = rule.columns() | {"id": f"{number:012x}", "owner": None}
            connection.execute(INSERT, values)
            yield rule.name, Oracle(rule, products)

    def _collect(self, connection: psycopg.Connection[Any], number: int, products: set[str]) -> str:
        name = f"{number:012x}"
        connection.execute("insert into collections (id, name) values (%s, %s)", [name, name])
        rows = [(name, product) for product in products]
        query = "insert into collection_products (collection, platform, product_id) values"
        connection.cursor().executemany(f"{query} (%s, 'shopee', %s)", rows)
        return name

    def crawled(self, at: int) -> None:
        """Work out what a crawl *at* that time must have found."""
        instant = datetime.fromtimestamp(at, UTC)
        for good in self._goods.values():
            told = facts(good, at)
            names = ("price_minor", "currency", "availability")
            seen = Seen(good.id, None, instant, *(told[name] for name in names))
            for name, oracle in self._of(good.id):
                if oracle.fires(seen):
                    self.expected.add((name, good.id, at))

    def _of(self, product: str) -> Iterator[tuple[str, Oracle]]:
        for name, oracle in self._oracles.items():
            if product in oracle.products:
                yield name, oracle

    def found(self) -> Found:
        """Return what was found, each alert once."""
        query = "select rule_name, product_id, extract(epoch from at)::bigint from alert_outbox"
        with psycopg.connect(self._data.url) as connection:
            rows = connection.execute(query.encode()).fetchall()
        found = {(rule, product, at) for rule, product, at in rows}
        if len(found) != len(rows):
            raise RuntimeError("an alert was left twice")
        return found


def arguments(origin: str) -> list[str]:
    """Return the words after ``scrapy crawl``: all products by eight keywords, without pauses."""
    keywords = ",".join(noun.lower() for noun in NOUNS)
    pages = -(-PRODUCTS // len(NOUNS) // ON_A_PAGE)
    given = {"origin": origin, "fetch": "http", "keywords": keywords, "pages": pages}
    settings = {"SIMULATED_CLOCK": 1, "DOWNLOAD_DELAY": 0, "SHARED_DELAY_S": 0}
    return [
        "shopee",
        *(word for name, value in given.items() for word in ("-a", f"{name}={value}")),
        *(word for name, value in settings.items() for word in ("-s", f"{name}={value}")),
    ]


def measure_long() -> Iterator[Comparison]:
    """Yield the speed with and without rules, and the alerts that are missing or too many."""
    world = MarketWorld(products=PRODUCTS)
    rates: dict[bool, list[float]] = {True: [], False: []}
    with store() as watched, store() as plain, replica_process("shopee", world) as site:
        watch = Watch(watched, world)
        for day in range(RUNS + 1):
            at = world.begin + day * DAY_S
            turns = {False: plain, True: watched}
            for has_rules in (False, True) if day % 2 else (True, False):
                done = _crawl(turns[has_rules], site, at)
                if day:  # the first one fills tables and states
                    rates[has_rules].append(done.items / done.elapsed_s)
                say(f"  day {day}, {RULES if has_rules else 'no'} rules: {done}")
            watch.crawled(at)
        wrong = watch.expected ^ watch.found()
        say(f"  {len(watch.expected)} alerts expected, {len(wrong)} missing or too many")
    name = f"alerts, {PRODUCTS:,} products crawled anew"
    yield Comparison(
        name,
        Series(f"{RULES:,} rules", "items/s", tuple(rates[True])),
        Series("no rules", "items/s", tuple(rates[False])),
        Target("least", 0.95),
    )
    yield Comparison(
        f"alerts, missing or too many of {len(watch.expected):,}",
        Series("ours", "alerts", (len(wrong),)),
        target=Target("most", 0),
    )


def _crawl(data: Store, site: ReplicaProcess, at: int) -> Crawl:
    with psycopg.connect(data.url, autocommit=True) as connection:
        for table in ("alert_rules", "alert_states", "products", "price_snapshots"):
            connection.execute(f"vacuum analyze {table}".encode())
    site.control("clock", at)
    home = {"CRAWLERS_HOME": str(data.home), "CRAWLERS_TEST": "1"}
    return crawl(ROOT, arguments(site.origin), home)
