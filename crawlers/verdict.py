"""How a crawl ended, in one word, one number and one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """Exit codes of ``scrapy crawl``."""

    COMPLETED = 0
    FAILED = 1
    WRONG_USE = 2
    PARTIAL = 3


REFUSED = "wrong use: "
"""How the log says it of a crawl that ends with `Exit.WRONG_USE`: Scrapyd shows no exit codes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """*status* is completed, partial, blocked, interrupted or failed."""

    status: str
    exit_code: Exit
    reason: str


COUNTS = {
    "new": "storage/new",
    "changed": "storage/changed",
    "unchanged": "storage/unchanged",
    "quarantined": "storage/quarantined",
    "blocked": "harvest/blocked",
    "refused": "harvest/refused",
    "requests": "downloader/request_count",
    "errors": "log_count/ERROR",
}
"""What a crawl counts: column of the table ``crawls`` to key of Scrapy's stats."""

ASKED_FOR = {"finished", "closespider_itemcount", "closespider_pagecount"}
"""Ends that a crawl comes to by itself, or by a number that somebody gave."""

LEFT = {
    None: "stopped by a signal",
    "shutdown": "stopped by a signal",
    "cancelled": "the job was cancelled",
    "drained": "drained; the job goes on with the next worker",
}
"""Ends that somebody brought about, and that the next run or another worker makes up for."""

CUT_SHORT = {
    "closespider_timeout",
    "closespider_timeout_no_item",
    "closespider_errorcount",
    "closespider_pagecount_no_item",
}
"""Ends that left something undone."""

LOST = {
    "blocked": "harvest/blocked",
    "refused": "harvest/refused",
    "quarantined": "storage/quarantined",
    "not stored": "storage/failed",
    "errors in the log": "log_count/ERROR",
}
"""What did not become rows, and where Scrapy's stats count it.

Errors, because a download that Scrapy gives up outside of our middlewares is only logged.
"""


KNOWN = "memory/known"
"""The stat that counts rows which were stored already, and so were not asked for again."""


def seen(stats: Mapping[str, Any]) -> int:
    """Count the rows that the crawl saw or knew of, whether they were news or not."""
    names = ("storage/new", "storage/changed", "storage/unchanged", KNOWN)
    return sum(stats.get(name, 0) for name in names)


def verdict(stats: Mapping[str, Any], finish_reason: str | None, expects: int) -> Verdict:
    """Judge a crawl by its *stats*, Scrapy's *finish_reason* and what its card *expects*."""
    if broken := _broken(stats, finish_reason):
        return broken
    lost = {name: stats.get(key, 0) for name, key in LOST.items()}
    story = ", ".join(f"{count} {name}" for name, count in lost.items() if count) + why(stats)
    if lost["blocked"] and seen(stats) < max(1, expects):
        return Verdict("blocked", Exit.PARTIAL, story)
    if seen(stats) < expects:
        return Verdict("failed", Exit.FAILED, story or "nothing was stored")
    return Verdict(
        "partial" if story else "completed", Exit.PARTIAL if story else Exit.COMPLETED, story
    )


def why(stats: Mapping[str, Any]) -> str:
    """Name the reasons of blocks and refusals, the most frequent first."""
    prefixes = ("harvest/blocked/", "harvest/refused/")
    reasons = {key.split("/", 2)[2]: n for key, n in stats.items() if str(key).startswith(prefixes)}
    return f" ({', '.join(sorted(reasons, key=reasons.__getitem__)[::-1][:3])})" if reasons else ""


def verdict_of_job(units: Mapping[str, int], rows: int, expects: int) -> Verdict:
    """Judge a job by how its *units* ended and how many *rows* its workers saw."""
    story = ", ".join(f"{units[name]} {name}" for name in ("failed", "blocked") if units.get(name))
    if rows < expects:
        return Verdict("failed", Exit.FAILED, story or "nothing was stored")
    if story:
        return Verdict("partial", Exit.PARTIAL, f"{story} of {sum(units.values())} units")
    return Verdict("completed", Exit.COMPLETED, "")


def _broken(stats: Mapping[str, Any], finish_reason: str | None) -> Verdict | None:
    """Judge a crawl that did not come to its own end."""
    if reason := stats.get("stop_reason"):
        return Verdict("failed", Exit.FAILED, reason)
    if finish_reason in LEFT:
        return Verdict("interrupted", Exit.PARTIAL, LEFT[finish_reason])
    if str(finish_reason) in CUT_SHORT:
        return Verdict("partial", Exit.PARTIAL, f"ended early: {finish_reason}")
    if finish_reason not in ASKED_FOR:
        return Verdict("failed", Exit.FAILED, f"Scrapy ended it: {finish_reason}")
    if stats.get("spider_exceptions/count"):
        return Verdict("failed", Exit.FAILED, "the spider raised an exception: see the log")
    return None
