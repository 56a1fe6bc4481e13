"""``scrapy alert`` and ``scrapy collection`` as a user runs them."""

import argparse
import signal
import subprocess
from typing import Any, get_args

import pytest
from scrapy.exceptions import UsageError

from crawlers.alerts.wanted import Kind
from crawlers.commands import alert, collection
from crawlers.commands.alert_words import ALL, RULE, Words
from tests.alerts.desk import Desk
from tests.alerts.receivers import Mailbox, Webhook
from tests.api.serving import until
from tests.crawls.run import ROOT, Crawls

NOTHING: dict[str, Any] = dict.fromkeys((*RULE, "once", "limit"))


def connected(user: Crawls, name: str, address: str) -> "subprocess.CompletedProcess[str]":
    """Add a channel, its *address* on standard input."""
    done = subprocess.run(
        user.command("alert", "connect", name), cwd=ROOT, env=user.full_environment,
        input=address, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def test_from_the_first_channel_to_the_history(user: Crawls, desk: Desk, mailbox: Mailbox) -> None:
    mailbox.got.clear()
    done = connected(user, "me", f"{mailbox.address}\n")
    assert done.stdout.startswith("me goes to mailto://127.0.0.1/***.")
    assert user.run("alert", "test", "me").stdout == "me has taken a test message\n"
    assert mailbox.got[0]["Subject"] == "Test message"
    lamps = user.run("collection", "create", "lamps", "shopee:1", "https://shopee.sg/x-i.7.2")
    assert lamps.stdout == "lamps: 2 products\n"
    rule = ("--price", "19.90", "--currency", "SGD", "--to", "me", "--name", "cheap")
    user.run("alert", "add", "below", "--collection", "lamps", *rule)
    desk.prices(2500, 1990)
    assert "was sent to me" in user.run("alert", "deliver", "--once").stdout
    head, line, *_ = user.run("alert", "history").stdout.splitlines()
    assert head.split()[:3] == ["at", "(UTC)", "rule"]
    assert line.startswith("2026-01-01 12:00  cheap  shopee:1 below 19.90 SGD  me")
    assert " sent 20" in line
    assert "cheap" in user.run("alert").stdout
    refused = user.run("collection", "remove", "lamps")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "the rule 'cheap' watches this collection" in refused.stderr


def test_who_works_sends_alerts_as_they_come_and_before_the_end(
    user: Crawls, desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    connected(user, "me", webhook.address)
    user.run("alert", "add", "any-change", "--product", "shopee:1", "--to", "me")
    with user.start("work") as process:
        desk.prices(100, 90)
        until(lambda: desk.states() == [("sent", None)])
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=100)
    assert "was sent to me" in said
    desk.prices(80)
    done = user.run("work", "--once")
    assert "was sent to me" in done.stdout, done.stderr
    assert [alert["price_minor"] for alert in webhook.alerts] == [90, 80]


def test_wrong_use_is_one_line(user: Crawls) -> None:
    user.cold = True
    done = user.run("alert", "test", "nobody")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "scrapy alert: there is no channel 'nobody'\n"


def test_an_address_that_is_none_is_refused_without_showing_it(user: Crawls) -> None:
    done = connected(user, "x", "file:///etc/secret")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no service that alerts may use" in done.stderr
    assert "secret" not in done.stderr


def test_a_test_message_that_is_not_taken_is_an_error(user: Crawls, desk: Desk) -> None:
    desk.channel("json://127.0.0.1:1/secret", name="away")
    done = user.run("alert", "test", "away")
    assert (done.returncode, done.stdout) == (1, "")
    line = done.stderr.splitlines()[0]
    assert line == "scrapy alert: away: nobody answers there: the connection was refused"


PRODUCT = {"product": "shopee:1"}


@pytest.mark.parametrize(
    ("words", "options", "reason"),
    [
        (["fly"], {}, "unknown word 'fly'"),
        (["add"], PRODUCT, "say what kind"),
        (["add", "nonsense"], PRODUCT, "kind: Input should be 'below'"),
        (["add", "any-change"], {}, "watch one thing"),
        (["add", "any-change"], PRODUCT | {"keyword": "x"}, "watch one thing"),
        (["add", "any-change"], {"product": "1"}, "say where 1 is: shopee:1 or tiktok_shop:1"),
        (["add", "any-change"], {"product": "x"}, "neither the address of a product nor an id"),
        (["add", "below"], PRODUCT | {"price": "1"}, "a price has a --currency"),
        (["add", "below"], PRODUCT | {"price": "1.234", "currency": "SGD"}, "no amount of SGD"),
        (["add", "below"], PRODUCT | {"price": "-1", "currency": "SGD"}, "no amount of money"),
        (["add", "fall-percent"], PRODUCT | {"percent": "0"}, "percent: Input should be greater"),
        (["add", "fall-percent"], PRODUCT | {"percent": "x"}, "percent: Input should be a valid"),
        (["add", "fall-percent"], PRODUCT, "fall_percent needs percent"),
        (["add", "any-change"], PRODUCT | {"hysteresis": "1"}, "only below and above"),
        (["add", "any-change"], PRODUCT | {"cooldown": "1 day"}, "--cooldown: expected a number"),
        (["add", "any-change"], PRODUCT | {"zone": "Mars/Base"}, "zone: no time zone"),
        (["add", "any-change"], PRODUCT | {"quiet": "22:00"}, "quiet_to: Input should be"),
        (["add", "any-change"], PRODUCT | {"quiet": "22:00-22:00"}, "begin when they end"),
        (["add", "any-change"], PRODUCT | {"digest": "yearly"}, "digest: Input should be"),
        (["add", "any-change"], PRODUCT | {"digest": "hourly@08:00"}, "only a daily digest"),
        (["add", "job-failed"], PRODUCT, "jobs have no product"),
        (["add", "job-failed"], {"percent": "5"}, "jobs have no price"),
        (["add", "any-change"], PRODUCT | {"source": "vlr"}, "only jobs have a source"),
        (["add", "any-change"], PRODUCT | {"per_day": -1}, "per_day: Input should be greater"),
        (["remove"], {}, "say one name: scrapy alert remove NAME"),
        (["history", "x"], {}, "history takes no more words"),
        (["history"], {"limit": -1}, "a number is at least 1"),
        (["list"], {"once": True}, "list takes no --once"),
        (["pause", "x"], {"price": "1"}, "pause takes no --price"),
    ],
)
def test_words_that_say_nothing_are_refused(
    words: list[str], options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        Words.read(words, argparse.Namespace(**NOTHING | options))


def test_a_rule_is_what_its_words_say() -> None:
    options = {
        "product": "https://shopee.sg/a-lamp-i.5.17?x=1", "variant": "8", "percent": "12.5",
        "cooldown": "12h", "quiet": "22:00-07:30", "zone": "Europe/Berlin", "to": ["me", "us"],
        "digest": "daily@18:00", "per_day": 3,
    }  # fmt: skip
    rule = Words.read(["add", "fall-percent"], argparse.Namespace(**NOTHING | options)).rule
    assert rule is not None
    assert rule.model_dump(exclude_defaults=True, mode="json") == {
        "name": "fall_percent https://shopee.sg/a-lamp-i.5.17?x=1", "kind": "fall_percent",
        "platform": "shopee", "product_id": "17", "variant_id": "8", "percent": "12.5",
        "cooldown_s": 43_200, "per_day": 3, "quiet_from": "22:00:00", "quiet_to": "07:30:00",
        "zone": "Europe/Berlin", "digest": "daily", "digest_at": "18:00:00",
        "channels": ["me", "us"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["fly"], "unknown word"),
        (["list", "x"], "list takes no more words"),
        (["show"], "name one collection"),
        (["show", "a", "shopee:1"], "name one collection"),
        (["add", "a"], "say which products"),
        (["add", "a", "1"], "say where 1 is"),
        (["create", ""], "a name has 1 to 100 letters"),
    ],
)
def test_words_about_no_collection_are_refused(words: list[str], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        collection.Words.read(words, argparse.Namespace(products=None))


def test_help_says_every_word_and_kind() -> None:
    text = alert.Command().long_desc().replace("-", "_")
    assert [word for word in (*ALL, *get_args(Kind)) if word not in text] == []
