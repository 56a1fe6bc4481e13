"""What the tests of alerts share: rules, snapshots, looks into the database."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import psycopg
from psycopg.rows import dict_row

from crawlers.alerts import making
from crawlers.alerts.delivery import Deliverer, Rules
from crawlers.alerts.wanted import ChannelRequest, RuleRequest
from crawlers.config import Config
from crawlers.storage import collections
from crawlers.storage.alert_channels import Channel
from crawlers.storage.alert_rules import Rule
from crawlers.storage.collections import ProductId
from crawlers.storage.database import Database
from tests.alerts.oracle import Seen

T = TypeVar("T")

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
INSERT = """
insert into price_snapshots
    (platform, product_id, variant_id, at, price_minor, currency, availability)
select 'shopee', * from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[],
                               %s::text[])
"""
FOUND = """
insert into product_keywords (platform, region, keyword, product_id, position, is_ad, source,
    source_url, fetched_at, first_seen_at, changed_at, checked_at)
values ('shopee', %s, %s, %s, 1, false, 'shopee', 'u', now(), now(), now(), now())
on conflict do nothing
"""
QUICK = Rules(attempts=3, first_s=0.0, longest_s=0.0, lease_s=60.0, poll_s=0.05)
"""Nobody waits; three attempts."""


def at(seconds: float) -> datetime:
    """Return the instant so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


class Desk:
    """Sets rules as people do, and looks at the tables as nobody else does."""

    def __init__(self, config: Config) -> None:
        """Work on the database of *config*."""
        self.config = config
        assert config.database_url is not None
        self.url = config.database_url.get_secret_value()
        self.said: list[str] = []
        self._runner = asyncio.Runner()
        self._database = Database(config)
        self._look = psycopg.connect(self.url, autocommit=True, row_factory=dict_row)

    def run(self, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        """Do *work* on the database."""
        return self._runner.run(work(self._database))

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.run(Database.close)
        self._runner.close()
        self._look.close()

    def rule(self, owner: str | None = None, **given: Any) -> Rule:
        """Set a rule, by default about the product 1."""
        if (
            not {"product_id", "collection", "keyword"} & given.keys()
            and "job" not in given["kind"]
        ):
            given |= {"platform": "shopee", "product_id": "1"}
        wanted = RuleRequest.model_validate({"name": f"a rule {len(self.ask(RULES))}"} | given)
        return self.run(lambda database: making.add_rule(database, owner, wanted, by_name=True))

    def channel(self, address: str, name: str = "me", owner: str | None = None) -> Channel:
        """Add a channel."""
        wanted = ChannelRequest.model_validate({"name": name, "address": address})
        return self.run(lambda database: making.connect(database, self.config, owner, wanted))

    def collect(self, name: str, *products: str) -> None:
        """Make a collection."""
        ids = [ProductId("shopee", one) for one in products]
        self.run(lambda database: collections.create(database, None, name, ids))

    def find(self, keyword: str, product: str, region: str = "sg") -> None:
        """Let *keyword* find *product*."""
        self.ask(FOUND, region, keyword, product)

    def see(self, *seen: Seen) -> None:
        """Append snapshots in one statement."""
        columns = [[getattr(one, name) for one in seen] for name in
                   ("product", "variant", "at", "price", "currency", "availability")]  # fmt: skip
        self.ask(INSERT, *columns)

    def prices(self, *prices: int | None, **more: Any) -> None:
        """Let the product 1 have one price after the other, a second apart."""
        begin = self.ask("select count(*) as n from price_snapshots")[0]["n"]
        for number, price in enumerate(prices):
            self.see(Seen("1", None, at(begin + number), price, **more))

    def ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return all rows."""
        cursor = self._look.execute(query.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def alerts(self) -> list[dict[str, Any]]:
        """Return all alerts, in their order."""
        return self.ask("select * from alert_outbox order by id")

    def told(self) -> list[int]:
        """Return the prices of all alerts, in their order."""
        return [one["facts"]["price_minor"] for one in self.alerts()]

    def deliveries(self) -> list[dict[str, Any]]:
        """Return all messages, in their order."""
        return self.ask("select * from alert_deliveries order by id")

    def states(self) -> list[tuple[str, str | None]]:
        """Return how each message stands, and why."""
        return [(one["state"], one["reason"]) for one in self.deliveries()]

    def deliver(self, rules: Rules = QUICK, *, senders: int = 1) -> int:
        """Send what is due, by so many *senders* at once; return how many messages were tried."""

        async def work(database: Database) -> int:
            found = [Deliverer(database, self.config, rules, self.said.append)] * senders
            return sum(await asyncio.gather(*(one.deliver() for one in found)))

        return self.run(work)


RULES = "select id from alert_rules"
