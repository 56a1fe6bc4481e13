"""Rules of somebody and prices that they find: for the pictures of the demo."""

from typing import Any

from psycopg import AsyncConnection

from crawlers.alerts import making
from crawlers.alerts.wanted import ChannelRequest, RuleRequest
from crawlers.config import Config
from crawlers.storage import alert_rules, collections
from crawlers.storage.collections import ProductId
from crawlers.storage.database import Database

LAMPS = [f"200000000000000{number}" for number in ("01", "09", "17", "25")]
RULES: tuple[dict[str, Any], ...] = (
    {"name": "lamp under 10", "kind": "below", "platform": "shopee", "product_id": LAMPS[0],
     "limit_minor": 1000, "currency": "SGD"},
    {"name": "lamps fall", "kind": "fall_percent", "percent": "10", "collection": "lamps",
     "digest": "daily", "quiet_from": "22:00", "quiet_to": "07:00", "zone": "Europe/Berlin"},
    {"name": "bottles are back", "kind": "back_in_stock", "keyword": "bottle", "region": "sg"},
    {"name": "dear lamps", "kind": "above", "collection": "lamps", "limit_minor": 20000,
     "currency": "SGD"},
    {"name": "bad news", "kind": "job_failed"},
)  # fmt: skip
PAUSED = "dear lamps"
CHEAPER = """
insert into price_snapshots (platform, product_id, at, price_minor, currency, availability)
select platform, id, now(), price_minor * 84 / 100, currency, 'in_stock' from products
where platform = 'shopee' and id = any(%s)
"""


async def watch(database: Database, config: Config, owner: str, address: str) -> None:
    """Set rules for *owner*, whose channel is at *address*, and let prices fall."""
    channel = ChannelRequest.model_validate({"name": "chat", "address": address})
    await making.connect(database, config, owner, channel)
    await collections.create(
        database, owner, "lamps", [ProductId("shopee", lamp) for lamp in LAMPS]
    )
    for given in RULES:
        wanted = RuleRequest.model_validate(given | {"channels": ["chat"]})
        rule = await making.add_rule(database, owner, wanted, by_name=True)
        if rule.name == PAUSED:
            await alert_rules.pause(database, rule.id, is_paused=True)

    async def fall(connection: AsyncConnection[Any]) -> None:
        await connection.execute(CHEAPER, [[*LAMPS[:3], "20000000000000000"]])

    await database.run(fall)
