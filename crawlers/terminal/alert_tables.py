"""Rules, channels and what happened, as tables."""

from collections.abc import Mapping, Sequence

from crawlers.alerts.saying import money
from crawlers.storage.alert_channels import Channel
from crawlers.storage.alert_history import Told
from crawlers.storage.alert_rules import Rule
from crawlers.terminal.amounts import instant
from crawlers.terminal.screen import clean, console, grid


def show_rules(found: Sequence[Rule], collections: Mapping[str, str]) -> None:
    """Print rules; *collections* are the names of these, by id."""
    if not found:
        print("There are no rules. To add one: scrapy alert add KIND ... (--help says more)")
        return
    table = grid(["name", "kind", "watches", "when", "messages", "state"], ["channels"])
    for one in found:
        state = "paused" if one.is_paused else ""
        watched = clean(_watched(one, collections))
        table.add_row(clean(one.name), one.kind, watched, _when(one), _messages(one), state,
                      str(len(one.channels)))  # fmt: skip
    console().print(table)


def show_channels(found: Sequence[Channel]) -> None:
    """Print channels, without what is secret of their addresses."""
    if not found:
        print("There are no channels. To add one: scrapy alert connect NAME")
        return
    table = grid(["name", "id", "address"], ["a day"])
    for one in found:
        table.add_row(clean(one.name), one.id, clean(one.shown), f"{one.per_day:,}")
    console().print(table)


def show_history(found: Sequence[Told]) -> None:
    """Print alerts with their messages, the newest first."""
    if not found:
        print("There were no alerts.")
        return
    table = grid(["at (UTC)", "rule", "what", "channel", "message"], [])
    for one in found:
        rows = [(each["channel"], _message(each)) for each in one.deliveries]
        for number, (channel, message) in enumerate(rows or [("", one.note or "is planned soon")]):
            head = (instant(one.at), clean(one.rule_name), clean(_what(one)))
            table.add_row(*(head if not number else ("", "", "")), clean(channel), clean(message))
    console().print(table)


def _watched(rule: Rule, collections: Mapping[str, str]) -> str:
    if rule.product_id:
        variant = f" variant {rule.variant_id}" if rule.variant_id else ""
        return f"{rule.platform}:{rule.product_id}{variant}"
    if rule.collection:
        return f"collection {collections.get(rule.collection, rule.collection)}"
    return f"keyword {rule.keyword}" if rule.keyword else f"jobs of {rule.source or 'all sources'}"


def _when(rule: Rule) -> str:
    if rule.limit_minor is not None:
        return money(rule.limit_minor, rule.currency)
    return f"{rule.percent.normalize():f} %" if rule.percent else ""


def _messages(rule: Rule) -> str:
    told = [rule.digest or ""]
    if rule.quiet_from and rule.quiet_to:
        told.append(f"quiet {rule.quiet_from:%H:%M}-{rule.quiet_to:%H:%M} {rule.zone}")
    if rule.cooldown_s:
        told.append(f"every {rule.cooldown_s:,} s")
    return ", ".join(filter(None, told))


def _what(told: Told) -> str:
    if told.kind == "test":
        return "test message"
    if told.job:
        return f"job {told.job} {told.facts.get('status', '')}"
    price = money(told.facts.get("price_minor"), told.facts.get("currency"))
    variant = f" variant {told.variant_id}" if told.variant_id else ""
    return f"{told.platform}:{told.product_id}{variant} {told.kind} {price}"


def _message(one: dict[str, str]) -> str:
    reason = f": {one['reason']}" if one["reason"] else ""
    at = one["sent_at"] or one["due_at"]
    words = {"sent": "sent", "waiting": "waits until", "dead": "given up", "left_out": "left out"}
    return f"{words[one['state']]} {at[:16].replace('T', ' ')}{reason}"
