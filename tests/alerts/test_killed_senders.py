"""Who sends messages is killed: none is lost, and one that comes again has its key."""

import signal
from typing import Any

from tests.alerts.desk import Desk, at
from tests.alerts.oracle import Seen
from tests.alerts.receivers import Webhook
from tests.api.serving import PATIENCE_S, until
from tests.crawls.run import Crawls

ANY: dict[str, Any] = {"kind": "any_change", "channels": ["me"]}
QUICK = {"ALERT_POLL_S": 0.1}
OVER = "update alert_deliveries set taken_until = now() where taken_until is not null"
"""The lease of whoever died is over."""


def test_who_is_killed_between_sending_and_noting_makes_it_come_again_with_its_key(
    desk: Desk, webhook: Webhook, user: Crawls
) -> None:
    webhook.empty()
    desk.channel(webhook.address)
    desk.rule(**ANY)
    desk.prices(100, 90)
    webhook.held.clear()
    killed = user.start("alert", "deliver", settings=QUICK)
    until(lambda: len(webhook.got) == 1)  # it was sent, and nobody knows
    killed.kill()
    killed.communicate()
    webhook.held.set()
    assert desk.states() == [("waiting", None)]
    assert desk.deliver() == 0, "it is taken"
    desk.ask(OVER)
    user.cold = True
    with user.start("alert", "deliver", settings=QUICK) as process:
        until(lambda: desk.states() == [("sent", None)])
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")
    assert webhook.keys == [desk.deliveries()[0]["key"]] * 2


def test_what_was_planned_by_who_is_killed_is_sent_once_by_the_next(
    desk: Desk, webhook: Webhook, user: Crawls
) -> None:
    webhook.empty()
    desk.channel(webhook.address)
    desk.collect("all", *map(str, range(1, 21)))
    desk.rule(kind="any_change", collection="all", channels=["me"])
    for price in (100, 90):
        desk.see(*(Seen(str(number), None, at(price), price) for number in range(1, 21)))
    killed = user.start("alert", "deliver", settings=QUICK)
    until(lambda: len(webhook.got) > 3)
    killed.kill()
    killed.communicate()
    desk.ask(OVER)
    until(lambda: desk.deliver() >= 0 and {"sent"} == {state for state, _ in desk.states()})
    keys = webhook.keys
    assert set(keys) == {one["key"] for one in desk.deliveries()}
    assert len(set(keys)) == 20
    assert len(keys) <= 21  # the one that was on its way
