"""Messages to real receivers: sent at least once, with one key, and never past the rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.alerts.desk import QUICK, Desk, at
from tests.alerts.oracle import Seen
from tests.alerts.receivers import Mailbox, Webhook
from tests.api.serving import within_one

ANY: dict[str, Any] = {"kind": "any_change", "channels": ["me"]}


def test_a_webhook_gets_what_a_program_needs(desk: Desk, webhook: Webhook) -> None:
    webhook.empty()
    desk.channel(webhook.address)
    desk.rule(**ANY, name="lamp")
    desk.prices(2000, 1500)
    assert desk.deliver() == 1
    [(headers, body)] = webhook.got
    [delivery], [alert] = desk.deliveries(), desk.alerts()
    assert headers["Idempotency-Key"] == body["key"] == delivery["key"]
    assert body["title"] == "shopee:1: 15.00 SGD, was 20.00 SGD (-25.00 %)"
    [one] = body["alerts"]
    assert (one["key"], one["rule"], one["kind"]) == (alert["key"], "lamp", "any_change")
    assert (one["price_minor"], one["reference_minor"], one["currency"]) == (1500, 2000, "SGD")
    assert (delivery["state"], delivery["attempts"]) == ("sent", 1)
    assert desk.deliver() == 0


def test_a_mail_says_what_has_happened(desk: Desk, mailbox: Mailbox) -> None:
    mailbox.got.clear()
    desk.channel(mailbox.address)
    desk.rule(kind="back_in_stock", channels=["me"], name="lamp")
    desk.see(Seen("1", None, at(0), 100, availability="out_of_stock"))
    desk.see(Seen("1", None, at(1), 1990, availability="in_stock"))
    assert desk.deliver() == 1
    [mail] = mailbox.got
    assert mail["Subject"] == "shopee:1: back in stock"
    assert mail["To"] == "me@example.org"
    assert mail["X-Alert-Key"] == desk.deliveries()[0]["key"]


def test_what_a_shop_calls_its_product_calls_nobody_and_is_no_markup(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    desk.ask("""insert into products (platform, id, name, source, source_url, fetched_at,
        first_seen_at, changed_at, checked_at) values ('shopee', '1',
        E'@everyone <b>`lamp`\\n\\u202e [a gift](http://evil.test)', 's', 'u', now(), now(), now(),
        now())""")
    desk.channel(webhook.address)
    desk.rule(**ANY)
    desk.prices(2000, 1500)
    desk.deliver()
    [(_, body)] = webhook.got
    assert body["title"].startswith("\uff20everyone \u2039b\u203a'lamp'")
    assert not set("@<>`\u202e") & set(body["message"])
    assert "[a gift] (http://evil.test)" in body["message"]


def test_a_message_that_fails_is_sent_again_and_is_dead_in_the_end(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty().statuses = [503, 302, 500]
    desk.channel(webhook.address)
    desk.rule(**ANY)
    desk.prices(2000, 1500)
    assert desk.deliver() == 3
    assert desk.states() == [("dead", "it answered with 500; given up")]
    assert len(set(webhook.keys)) == 1
    assert len(webhook.keys) == 3  # the redirect led nowhere
    webhook.empty().statuses = [503]
    desk.prices(1000)
    assert desk.deliver() == 2
    assert [state for state, _ in desk.states()] == ["dead", "sent"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("json://127.0.0.1:1/secret-path", "nobody answers there: the connection was refused"),
        ("mailto://127.0.0.1:1?from=a@example.org&to=b@example.org&pass=secret-path",
         "nobody answers there: the connection was refused"),
        ("json://nowhere.invalid/secret-path", "there is no host of that name"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_without_a_secret(
    desk: Desk, address: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk.channel(address)
    desk.rule(**ANY)
    desk.prices(2000, 1500)
    desk.deliver(replace(QUICK, attempts=1))
    assert desk.states() == [("dead", f"{reason}; given up")]
    tables = ("alert_channels", "alert_rules", "alert_outbox", "alert_deliveries")
    rows = [str(row) for table in tables for row in desk.ask(f"select * from {table}")]  # noqa: S608 - ours
    assert "secret-path" not in " ".join([caplog.text, *desk.said, *rows])


def test_one_channel_that_fails_keeps_no_other_from_its_message(
    desk: Desk, webhook: Webhook, mailbox: Mailbox
) -> None:
    webhook.empty()
    mailbox.got.clear()
    desk.channel("json://127.0.0.1:1/", name="away")
    desk.channel(webhook.address, name="hook")
    desk.channel(mailbox.address, name="mail")
    desk.rule(kind="any_change", channels=["away", "hook", "mail"])
    desk.prices(2000, 1500)
    desk.deliver(replace(QUICK, first_s=60.0, longest_s=60.0))
    states = {one["channel_name"]: one["state"] for one in desk.deliveries()}
    assert states == {"away": "waiting", "hook": "sent", "mail": "sent"}
    assert (len(webhook.got), len(mailbox.got)) == (1, 1)


def test_two_who_send_at_once_send_each_message_once(desk: Desk, webhook: Webhook) -> None:
    webhook.empty()
    desk.channel(webhook.address)
    desk.collect("all", *(str(number) for number in range(1, 31)))
    desk.rule(kind="any_change", collection="all", channels=["me"])
    for price in (100, 90):
        desk.see(*(Seen(str(number), None, at(price), price) for number in range(1, 31)))
    assert desk.deliver(senders=3) == 30
    assert {state for state, _ in desk.states()} == {"sent"}
    assert len(webhook.keys) == len(set(webhook.keys)) == 30


def test_caps_of_rules_and_channels_leave_out_the_rest_and_say_so(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    within_one(24 * 3600)
    desk.channel(webhook.address)
    desk.ask("update alert_channels set per_day = 3")
    desk.rule(**ANY, name="a", per_day=2)
    desk.prices(100, 90, 80, 70)
    desk.deliver()
    assert [one["note"] for one in desk.alerts()] == [
        None, None, "the rule has had its 2 alerts of the day",
    ]  # fmt: skip
    desk.rule(**ANY, name="b")
    desk.prices(60, 50)
    desk.deliver()
    reasons = [reason for state, reason in desk.states() if state == "left_out"]
    assert reasons == ["the channel has had its 3 messages of the day"]
    assert len(webhook.got) == 3
    desk.ask("update alert_outbox set planned_at = planned_at - interval '1 day'")
    desk.ask("update alert_deliveries set created_at = created_at - interval '1 day'")
    desk.prices(40)
    desk.deliver()
    assert len(webhook.got) == 5


def test_a_digest_is_one_message_for_what_came_before_it(desk: Desk, webhook: Webhook) -> None:
    webhook.empty()
    within_one(3600)
    desk.channel(webhook.address)
    desk.rule(**ANY, digest="hourly")
    desk.prices(100, 90, 80)
    assert desk.deliver() == 0
    [digest] = desk.deliveries()
    assert digest["due_at"].minute == 0
    assert digest["due_at"] > datetime.now(UTC)
    desk.ask("update alert_deliveries set due_at = now()")
    desk.prices(70)
    assert desk.deliver() == 1
    [(_, body)] = webhook.got
    assert [one["price_minor"] for one in body["alerts"]] == [90, 80]
    assert body["title"] == "2 alerts"
    assert [len(one["alerts"]) for one in desk.deliveries()] == [
        2,
        1,
    ]  # what is sent stays as it is


def test_messages_wait_for_the_end_of_quiet_hours_whenever_they_are_tried(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    now = datetime.now(UTC)
    begin, end = now - timedelta(hours=1), now + timedelta(hours=2)
    desk.channel(webhook.address)
    desk.rule(**ANY, quiet_from=f"{begin:%H:%M}", quiet_to=f"{end:%H:%M}")
    desk.prices(100, 90)
    assert desk.deliver() == 0
    [waiting] = desk.deliveries()
    assert waiting["due_at"] == end.replace(second=0, microsecond=0)
    desk.ask("update alert_deliveries set due_at = now()")  # as a retry might be
    desk.deliver()
    assert webhook.got == []
    assert [(one["due_at"], one["attempts"]) for one in desk.deliveries()] == [
        (waiting["due_at"], 0)
    ]


def test_rules_and_channels_that_are_gone_send_nothing_and_the_history_says_so(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    desk.channel(webhook.address)
    rule = desk.rule(**ANY, name="gone")
    desk.rule(kind="any_change", name="silent")
    desk.prices(100, 90)
    desk.ask("delete from alert_rules where id = %s", rule.id)
    desk.deliver()
    assert sorted(str(one["note"]) for one in desk.alerts()) == [
        "its rule was removed", "the rule has no channel",
    ]  # fmt: skip
    assert webhook.got == []


@pytest.mark.parametrize(
    ("out", "back"),
    [
        ("update users set disabled_at = now()", "update users set disabled_at = null"),
        ("update api_keys set revoked_at = now()", "update api_keys set revoked_at = null"),
    ],
    ids=["a person", "a key"],
)
def test_who_may_not_come_in_any_more_is_told_nothing(
    desk: Desk, webhook: Webhook, out: str, back: str
) -> None:
    webhook.empty().statuses = [503]
    desk.ask("insert into users (id, name, role) values ('his', 'his', 'member')")
    desk.ask("insert into api_keys (id, name, hash, scopes) values ('his', 'his', '', '{}')")
    desk.channel(webhook.address, owner="his")
    desk.rule(**ANY, owner="his")
    desk.prices(100, 90)
    desk.deliver(replace(QUICK, first_s=60, longest_s=60))  # fails, and waits
    webhook.empty()
    desk.ask(out)
    desk.ask("update alert_deliveries set due_at = now()")
    desk.prices(80)
    desk.deliver()
    assert webhook.got == []
    assert desk.states() == [("left_out", "who wants it may not come in any more")]
    assert [one["note"] for one in desk.alerts()] == [None, "who wants it may not come in any more"]
    desk.ask(back)
    desk.prices(70)
    desk.deliver()
    assert [alert["price_minor"] for alert in webhook.alerts] == [70]


def test_finished_and_failed_jobs_tell_their_owner_and_the_command_line(
    desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    desk.channel(webhook.address)
    desk.channel(webhook.address, owner="a key")
    desk.rule(kind="job_ended", name="all", channels=["me"])
    desk.rule(kind="job_failed", name="bad", source="vlr", channels=["me"])
    desk.rule(kind="job_failed", name="his", owner="a key", channels=["me"])
    desk.ask("""insert into jobs (id, source, arguments, owner) values
        ('good', 'vlr', '{}', null), ('bad', 'vlr', '{}', 'a key'), ('other', 'lichess', '{}', 'x'),
        ('again', 'lichess', '{}', null)""")
    desk.ask("update jobs set status = 'completed', finished_at = now() where id = 'good'")
    desk.ask("update jobs set status = 'failed', finished_at = now(), reason = 'no way'"
             " where id in ('bad', 'other')")  # fmt: skip
    desk.ask("update jobs set status = 'failed', finished_at = now() where id = 'again'")
    desk.ask("update jobs set status = null, finished_at = null where id = 'again'")  # it goes on
    desk.deliver()
    assert sorted((one["rule"], one["job"], one["status"]) for one in webhook.alerts) == [
        ("all", "bad", "failed"), ("all", "good", "completed"), ("all", "other", "failed"),
        ("bad", "bad", "failed"), ("his", "bad", "failed"),
    ]  # fmt: skip
    assert "no way" in " ".join(body["message"] for _, body in webhook.got)


def test_what_is_rolled_back_has_never_been_told(desk: Desk) -> None:
    desk.rule(kind="any_change")
    desk.prices(100)
    desk.ask("begin")
    desk.prices(90)
    desk.ask("rollback")
    assert desk.alerts() == []
    desk.prices(90)
    assert desk.told() == [90]
