"""The words after ``scrapy alert``."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from scrapy.exceptions import UsageError

from crawlers.alerts.wanted import RuleRequest
from crawlers.clean import minor_units
from crawlers.commands.product_words import read_one

OF_ONE = ("remove", "pause", "resume", "connect", "disconnect", "test")
ALONE = ("list", "channels", "history", "deliver")
ALL = (*ALONE, "add", *OF_ONE)
UNITS = {"m": 60, "h": 3600, "d": 86_400}
RULE = ("product", "variant", "collection", "keyword", "region", "source", "each_variant", "price",
        "currency", "percent", "hysteresis", "cooldown", "per_day", "quiet", "zone", "digest", "to",
        "name")  # fmt: skip
OPTIONS: dict[str, set[str]] = {
    "add": set(RULE),
    "connect": {"per_day"},
    "deliver": {"once"},
    "history": {"limit"},
}
"""Which options each action takes."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed: the *action*, the *name* of a rule or channel, or a whole *rule*."""

    action: str = "list"
    name: str = ""
    rule: RuleRequest | None = None
    per_day: int | None = None
    limit: int = 20
    once: bool = False

    @classmethod
    def read(cls, args: Sequence[str], opts: argparse.Namespace) -> "Words":
        """Read the command line. Raises UsageError."""
        action, *rest = args or ["list"]
        if action not in ALL:
            raise UsageError(f"unknown word {action!r} (known: {', '.join(ALL)})")
        for name in (*RULE, "once", "limit"):
            if getattr(opts, name) and name not in OPTIONS.get(action, ()):
                raise UsageError(f"{action} takes no --{name.replace('_', '-')}")
        if action == "add":
            return cls("add", rule=_rule(rest, opts))
        if len(rest) != (action in OF_ONE):
            what = f"say one name: scrapy alert {action} NAME"
            raise UsageError(what if action in OF_ONE else f"{action} takes no more words")
        more = {name: getattr(opts, name) for name in ("per_day", "limit") if getattr(opts, name)}
        if any(number < 1 for number in more.values()):
            raise UsageError("a number is at least 1")
        return cls(action, rest[0] if rest else "", once=opts.once, **more)


def _rule(rest: Sequence[str], opts: argparse.Namespace) -> RuleRequest:
    if len(rest) != 1:
        raise UsageError("say what kind: scrapy alert add below --product ... --price ...")
    kind = rest[0].replace("-", "_")
    given: dict[str, Any] = {"kind": kind, "channels": opts.to or []}
    if opts.product:
        given["platform"], given["product_id"] = read_one(opts.product)
    if opts.price:
        given["limit_minor"] = _minor(opts.price, opts.currency)
    if opts.cooldown:
        given["cooldown_s"] = _seconds(opts.cooldown)
    if opts.quiet:
        given["quiet_from"], _, given["quiet_to"] = opts.quiet.partition("-")
    if opts.digest:
        given["digest"], _, at = opts.digest.partition("@")
        given |= {"digest_at": at} if at else {}
    plain = {"variant": "variant_id", "hysteresis": "hysteresis_percent"}
    for name in ("variant", "collection", "keyword", "region", "source", "each_variant", "currency",
                 "percent", "hysteresis", "per_day", "zone"):  # fmt: skip
        if value := getattr(opts, name):
            given[plain.get(name, name)] = value
    what = opts.product or opts.collection or opts.keyword or opts.source or "jobs"
    given["name"] = opts.name or f"{kind} {what}"[:100]
    try:
        return RuleRequest.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        said = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{where}: {said}" if where else said) from None


def _minor(price: str, currency: str | None) -> int:
    if not currency:
        raise UsageError("a price has a --currency")
    try:
        return minor_units(price, currency)
    except ValueError as error:
        raise UsageError(f"--price: {error}") from None


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", text)
    if found is None:
        raise UsageError("--cooldown: expected a number and m, h or d, such as 12h")
    return int(found[1]) * UNITS[found[2]]
