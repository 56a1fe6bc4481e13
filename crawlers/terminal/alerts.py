"""What ``scrapy alert`` does with each of its words."""

import asyncio
import getpass
import signal
import sys

from pydantic import ValidationError
from scrapy.settings import BaseSettings

from crawlers.alerts import making
from crawlers.alerts.delivery import Deliverer, deliverer
from crawlers.alerts.wanted import ChannelRequest
from crawlers.commands.alert_words import Words
from crawlers.commands.common import fail
from crawlers.config import config
from crawlers.errors import AlertError
from crawlers.storage import alert_channels, alert_rules, collections
from crawlers.storage.alert_deliveries import Deliveries
from crawlers.storage.alert_history import history
from crawlers.storage.database import Database
from crawlers.storage.whose import Asked
from crawlers.terminal import alert_tables
from crawlers.verdict import Exit


async def act(database: Database, words: Words, settings: BaseSettings) -> Exit:
    """Do what *words* say, and return the exit code."""
    try:
        match words.action:
            case "list":
                await _show_rules(database)
            case "channels":
                alert_tables.show_channels(await alert_channels.list_all(database, None))
            case "history":
                found = await history(database, None, limit=words.limit)
                alert_tables.show_history(found)
            case "add":
                await _add(database, words)
            case "connect":
                await _connect(database, words)
            case "disconnect" | "test":
                return await _act_on_channel(database, words, settings)
            case "deliver":
                await _deliver(deliverer(database, config(), settings, _say), once=words.once)
            case _:
                await _act_on_rule(database, words)
    except AlertError as error:
        return fail("alert", error, Exit.WRONG_USE)
    return Exit.COMPLETED


async def _show_rules(database: Database) -> None:
    rules = await alert_rules.list_all(database, None)
    names = {one.id: one.name for one in await collections.list_all(database, None)}
    alert_tables.show_rules(rules, names)


async def _add(database: Database, words: Words) -> None:
    assert words.rule is not None  # noqa: S101 - of these words there is one
    rule = await making.add_rule(database, None, words.rule, by_name=True)
    print(f"rule {rule.name!r} is set; messages are sent by `scrapy work`")
    if not rule.channels:
        print("It has no channel (--to): its alerts are in `scrapy alert history` only.")


async def _connect(database: Database, words: Words) -> None:
    made = await making.connect(database, config(), None, _wanted(words))
    print(f"{made.name} goes to {made.shown}. To try it: scrapy alert test {made.name}")


def _wanted(words: Words) -> ChannelRequest:
    given: dict[str, object] = {"name": words.name, "address": _address()}
    given |= {"per_day": words.per_day} if words.per_day else {}
    try:
        return ChannelRequest.model_validate(given)
    except ValidationError as error:
        raise AlertError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None


def _address() -> str:
    """Return an address from standard input: on a command line everybody would see it."""
    if sys.stdin.isatty():
        return getpass.getpass("address (apprise, such as mailto://...): ").strip()
    return sys.stdin.readline().strip()


async def _act_on_channel(database: Database, words: Words, settings: BaseSettings) -> Exit:
    channel = await alert_channels.find(database, Asked(words.name))
    if words.action == "disconnect":
        await alert_channels.remove(database, channel.id)
        print(f"{channel.name} is forgotten; rules go on without it")
        return Exit.COMPLETED
    number = await Deliveries(database).test(channel)
    sender = deliverer(database, config(), settings, lambda _: None)
    if reason := await sender.deliver_one(number):
        return fail("alert", f"{channel.name}: {reason}", Exit.FAILED)
    print(f"{channel.name} has taken a test message")
    return Exit.COMPLETED


async def _act_on_rule(database: Database, words: Words) -> None:
    rule = await alert_rules.find(database, Asked(words.name))
    if words.action == "remove":
        await alert_rules.remove(database, rule.id)
        print(f"{rule.name} is removed; its history stays")
    else:
        is_paused = words.action == "pause"
        await alert_rules.pause(database, rule.id, is_paused=is_paused)
        print(f"{rule.name} {'is paused' if is_paused else 'goes on'}")


async def _deliver(sender: Deliverer, *, once: bool) -> None:
    if once:
        await sender.deliver()
        return
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    _say("sending alerts; Ctrl-C ends it")
    await sender.run(stopping)


def _say(line: str) -> None:
    print(line, flush=True)
