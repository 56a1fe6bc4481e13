"""Services that are slow or particular, and what becomes of a message to them."""

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest

from crawlers.alerts.delivery import Deliverer, decide
from crawlers.errors import AlertError
from crawlers.storage import alert_outbox
from crawlers.storage.alert_deliveries import OF_OWNER
from crawlers.storage.database import Database
from tests.alerts.desk import QUICK, Desk, at
from tests.alerts.oracle import Seen
from tests.alerts.receivers import Dripping, Webhook
from tests.api.serving import PATIENCE_S, until

ANY: dict[str, Any] = {"kind": "any_change", "channels": ["me"]}


def test_an_answer_without_an_end_is_cut_off(desk: Desk) -> None:
    with Dripping() as dripping:
        desk.channel(dripping.address)
        desk.rule(**ANY)
        desk.prices(2000, 1500)
        desk.deliver(replace(QUICK, attempts=1, lease_s=2.0))
    assert desk.states() == [("dead", "no answer in time; given up")]


def test_an_answer_that_is_too_long_is_cut_off_before_memory_is_full(desk: Desk) -> None:
    with Dripping(bytes(2**20), 0.01) as flood:
        desk.channel(flood.address)
        desk.rule(**ANY)
        desk.prices(2000, 1500)
        desk.deliver(replace(QUICK, attempts=1, lease_s=120.0))
    # Other systems do not tell what has come; there it ends by its time.
    reason = "its answer is too long" if sys.platform == "linux" else "no answer in time"
    assert desk.states() == [("dead", f"{reason}; given up")]
    assert flood.count < 500 * 2**20


def test_who_answers_slowly_keeps_nobody_from_being_told_of_what_comes_after(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    with Dripping() as dripping:
        desk.channel(dripping.address, name="slow")
        desk.channel(webhook.address, name="hook")
        desk.collect("next", "2")
        desk.rule(kind="any_change", channels=["slow"])
        desk.rule(kind="any_change", channels=["hook"], collection="next")
        desk.prices(2000, 1500)

        async def work(database: Database) -> None:
            stopping = asyncio.Event()
            rules = replace(QUICK, attempts=1, lease_s=60.0)
            sending = Deliverer(database, desk.config, rules, desk.said.append).run(stopping)
            task = asyncio.create_task(sending)
            assert await asyncio.to_thread(dripping.is_asked.wait, PATIENCE_S)
            for price in (100, 90):
                desk.see(Seen("2", None, at(price), price))
            await asyncio.to_thread(until, lambda: len(webhook.got) == 1)
            stopping.set()
            dripping.end()
            await task

        desk.run(work)


def test_one_person_with_many_slow_channels_leaves_room_for_others(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    with Webhook() as slow:
        slow.held.clear()
        names = [f"slow {number}" for number in range(6)]
        for name in names:
            desk.channel(slow.address, name, "him")
        desk.channel(webhook.address, "me", "her")
        desk.rule("him", kind="any_change", channels=names)
        desk.rule("her", **ANY)
        desk.prices(2000, 1500)

        async def work(database: Database) -> None:
            stopping = asyncio.Event()
            sending = Deliverer(database, desk.config, QUICK, desk.said.append).run(stopping)
            task = asyncio.create_task(sending)
            await asyncio.to_thread(until, lambda: len(webhook.got) == 1)
            await asyncio.to_thread(until, lambda: len(slow.got) == OF_OWNER)
            slow.held.set()
            await asyncio.to_thread(until, lambda: {one for one, _ in desk.states()} == {"sent"})
            stopping.set()
            await task

        desk.run(work)
    assert len(slow.got) == len(names)


@pytest.mark.parametrize("name", ["a long name " * 40, "\U0001f6cd" * 499], ids=["long", "emoji"])
def test_a_digest_is_never_longer_than_its_service_takes(
    desk: Desk, webhook: Webhook, name: str
) -> None:
    webhook.empty().statuses = [200]
    chat = webhook.address.partition("/secret")[0].replace("json", "mmost")
    desk.channel(f"{chat}/3ccdd113474722377935511fc85d3dd4")
    numbers = [str(number) for number in range(1, 21)]
    desk.ask(
        """insert into products (platform, id, name, source, source_url, fetched_at, first_seen_at,
        changed_at, checked_at) select 'shopee', unnest(%s::text[]), %s, 's', 'u', now(), now(),
        now(), now()""",
        numbers,
        name,
    )
    desk.collect("all", *numbers)
    desk.rule(**ANY, collection="all", digest="daily")
    for price in (100, 90):
        desk.see(*(Seen(number, None, at(price), price) for number in numbers))
    desk.run(lambda database: alert_outbox.plan(database, decide))
    desk.ask("update alert_deliveries set due_at = now()")
    desk.deliver()
    [(_, body)], [delivery] = webhook.got, desk.deliveries()
    assert len(body["text"].encode("utf-16-le")) // 2 <= 4000
    assert body["text"].splitlines()[0] == "20 alerts"
    assert body["text"].splitlines()[-1] == f"key {delivery['key']}"
    assert delivery["state"] == "sent"


@pytest.mark.parametrize("content", [b"", b"rubbish"])
def test_a_damaged_key_is_a_reason_and_ends_nobody_who_sends(
    desk: Desk, webhook: Webhook, content: bytes
) -> None:
    desk.channel(webhook.address)
    desk.rule(**ANY)
    desk.prices(2000, 1500)
    (desk.config.home / "alerts.key").write_bytes(content)
    desk.deliver(replace(QUICK, attempts=1))
    reason = "alerts.key in CRAWLERS_HOME cannot be read, or is no key"
    assert desk.states() == [("dead", f"{reason}; given up")]
    with pytest.raises(AlertError, match=reason):
        desk.channel(webhook.address, name="other")
