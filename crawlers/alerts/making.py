"""Rules and channels as they are made, over HTTP and on the command line."""

import asyncio

from crawlers.alerts.sealing import Sealing
from crawlers.alerts.wanted import ChannelRequest, RuleRequest
from crawlers.config import Config
from crawlers.storage import alert_channels, alert_rules
from crawlers.storage.alert_channels import Channel, Sealed
from crawlers.storage.alert_rules import Rule
from crawlers.storage.database import Database
from crawlers.storage.whose import Asked


async def add_rule(
    database: Database, owner: str | None, wanted: RuleRequest, *, by_name: bool = False
) -> Rule:
    """Keep the rule that *owner* wants. Raises AlertError.

    *by_name*: channels are called by their names, as people type them.
    """
    given = wanted.columns()
    if by_name:
        names = wanted.channels
        channels = [await alert_channels.find(database, Asked(one, owner)) for one in names]
        given["channels"] = [one.id for one in channels]
    return await alert_rules.add(database, owner, given)


async def connect(
    database: Database, config: Config, owner: str | None, wanted: ChannelRequest
) -> Channel:
    """Keep the channel that *owner* wants; its address is never shown again. Raises AlertError."""
    from crawlers.alerts.addresses import check  # noqa: PLC0415 - apprise takes a second

    address = wanted.address.get_secret_value()
    sealed = Sealed(await asyncio.to_thread(check, address, config), Sealing(config).seal(address))
    return await alert_channels.create(database, owner, wanted.name, sealed, wanted.per_day)
