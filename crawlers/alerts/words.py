"""What a message says, in a line or two for each alert."""

from collections.abc import Sequence
from typing import Any

from crawlers.alerts.saying import money, said
from crawlers.alerts.sending import Message
from crawlers.storage.alert_deliveries import Alert, Taken

TEST = "This is a test message: alerts arrive here."
SHOWN = 20
"""Alerts of a digest that are written out."""
BEFORE = {"below", "above", "out_of_stock", "back_in_stock"}
"""Kinds whose line does not say the price before."""
TEXT_MAX = 500
HARMLESS = str.maketrans({"@": "\uff20", "<": "\u2039", ">": "\u203a", "`": "'"})
"""Letters that look like those by which chats call everybody, or begin markup."""


def message_of(taken: Taken, alerts: Sequence[Alert]) -> Message:
    """Return what *taken* says. It is the same whenever it is sent again, but for names."""
    lines = [line for one in alerts[:SHOWN] for line in _lines(one)]
    if more := len(alerts) - SHOWN:
        lines += [f"and {more} more"] if more > 0 else []
    title = headline(alerts[0]) if len(alerts) == 1 else f"{len(alerts)} alerts"
    data = [data_of(one) for one in alerts]
    return Message(taken.key, title, "\n".join([*lines, "", f"key {taken.key}"]), data)


def headline(alert: Alert) -> str:
    """Return the one line that says what has happened."""
    facts = alert.facts
    if alert.kind == "test":
        return "Test message"
    if alert.job:
        return f"Job {_clean(alert.job)} of {facts.get('source')}: {facts.get('status')}"
    return f"{_thing(alert)}: {said(alert.kind, facts)}"


def data_of(alert: Alert) -> dict[str, Any]:
    """Return *alert* for programs: money in minor units."""
    names = ("key", "kind", "platform", "product_id", "variant_id", "job", "product", "url")
    found = {name: getattr(alert, name) for name in names}
    return {"rule": alert.rule_name, **found, "at": alert.at.isoformat(), **alert.facts}


def _lines(alert: Alert) -> list[str]:
    if alert.kind == "test":
        return [TEST]
    lines = [headline(alert)]
    facts = alert.facts
    if facts.get("before_minor") is not None and alert.kind in BEFORE:
        lines.append(f"  before: {money(facts['before_minor'], facts.get('currency'))}")
    if alert.job_reason:
        lines.append(f"  {_clean(alert.job_reason)}")
    if alert.url:
        lines.append(f"  {_clean(alert.url)}")
    return [*lines, f"  rule {_clean(alert.rule_name)!r}, seen {alert.at:%Y-%m-%d %H:%M} UTC"]


def _thing(alert: Alert) -> str:
    name = _clean(alert.product) or f"{alert.platform}:{alert.product_id}"
    return f"{name} ({_clean(alert.variant) or alert.variant_id})" if alert.variant_id else name


def _clean(text: str | None) -> str:
    """Return *text* of others as one line, without what a chat would take for a call to all."""
    shown = "".join(one if one.isprintable() else " " for one in text or "").translate(HARMLESS)
    shown = shown.replace("](", "] (")  # a link whose text may lie
    return shown if len(shown) <= TEXT_MAX else f"{shown[:TEXT_MAX]}..."
