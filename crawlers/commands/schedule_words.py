"""The words after ``scrapy schedule``."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scrapy.exceptions import UsageError

from crawlers.commands.common import given

OF_ONE = ("remove", "pause", "resume", "run")
ALL = ("list", "add", *OF_ONE)
OPTIONS = {
    "given": "-a",
    "name": "--name",
    "zone": "--zone",
    "jitter": "--jitter",
    "overlap": "--overlap",
    "units": "--units",
}
"""What only ``add`` takes."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed: the *action*, the *name* of an entry, and for a new one the rest."""

    action: str = "list"
    name: str | None = None
    expression: str = ""
    source: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    jitter_s: int = 0
    may_overlap: bool = False
    units_file: str | None = None

    @classmethod
    def read(cls, args: Sequence[str], opts: argparse.Namespace) -> "Words":
        """Read the command line. Raises UsageError."""
        action, *rest = args or ["list"]
        if action not in ALL:
            raise UsageError(f"unknown word {action!r} (known: {', '.join(ALL)})")
        if action == "add":
            return cls._to_add(rest, opts)
        for name, option in OPTIONS.items():
            if getattr(opts, name):
                raise UsageError(f"only add takes {option}")
        if action in OF_ONE and len(rest) != 1:
            raise UsageError(f"name one entry: scrapy schedule {action} NAME")
        if action == "list" and rest:
            raise UsageError("list takes no more words")
        return cls(action, rest[0] if rest else None)

    @classmethod
    def _to_add(cls, rest: Sequence[str], opts: argparse.Namespace) -> "Words":
        if len(rest) != 2:  # noqa: PLR2004 - when and what
            raise UsageError('say when and what: scrapy schedule add "*/5 * * * *" SOURCE -a ...')
        expression, source = rest
        return cls(
            "add",
            opts.name,
            expression,
            source,
            arguments=given(opts.given or ()),
            zone=opts.zone or "UTC",
            jitter_s=opts.jitter or 0,
            may_overlap=opts.overlap,
            units_file=opts.units,
        )
