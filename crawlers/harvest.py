"""What one response yielded, as one unit: stored whole or not at all, acknowledged once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from itemadapter import ItemAdapter

from crawlers.items.base import Ended, Item, Known, Mark, Reject


class Outcome(StrEnum):
    """How a request ended."""

    STORED = "stored"
    QUARANTINED = "quarantined"
    """The page broke an assumption."""
    BLOCKED = "blocked"
    """Captcha, login wall, block notice."""
    REFUSED = "refused"
    """The download failed for good, or the site said no."""


@dataclass(slots=True, eq=False, repr=False)
class Harvest:
    """Everything that one response yielded, with its provenance.

    *request_key* is the request's fingerprint in hex, equal for all tries. *body* is the
    redacted body, or None where nothing is kept raw. *page* is the page class's name.
    """

    source: str
    url: str
    fetched_at: datetime
    request_key: str = ""
    status: int | None = None
    content_type: str | None = None
    page: str | None = None
    page_version: int = 1
    body: bytes | None = None
    sha256: str | None = None
    """Hex digest of *body*, set once the raw store holds it."""
    items: list[Any] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    job: str | None = None
    unit: int | None = None
    """The number of the unit of *job* that the response was asked for."""
    unknown: Counter[str] = field(default_factory=Counter)
    outcome: Outcome = Outcome.STORED
    reason: str | None = None
    history: list[Any] = field(default_factory=list)
    """Of a download that was given up: ``[epoch ms, what happened]`` for each try."""

    @property
    def trouble(self) -> tuple[str, str] | None:
        """What its unit did not get, if anything: failed or blocked, and the reason."""
        if self.outcome is Outcome.BLOCKED:
            return "blocked", self.reason or self.outcome
        if self.outcome is not Outcome.STORED:
            return "failed", self.reason or self.outcome
        if self.rejects:
            return "failed", f"{len(self.rejects)} parts of a page could not be read"
        return None

    def __repr__(self) -> str:
        """Stay short: Scrapy logs the whole thing when a pipeline fails."""
        return f"<Harvest {self.outcome} {self.url} {len(self.items)} items>"


def items_of(scraped: Any) -> Sequence[Any]:
    """Return the items in whatever passes down the pipelines: a harvest, or a lone item."""
    return scraped.items if isinstance(scraped, Harvest) else (scraped,)


def flat(item: Any, harvest: Harvest | None) -> dict[str, Any]:
    """Return one flat row for a feed: table and provenance first, no owned rows.

    Values are plain JSON: instants as ISO 8601 text, arrays as lists.
    """
    if not isinstance(item, Item):
        return dict(ItemAdapter(item).asdict())
    row: dict[str, Any] = {"table": item.table}
    if harvest is not None:
        row["source"] = harvest.source
        row["source_url"] = harvest.url
        row["fetched_at"] = harvest.fetched_at.isoformat()
    row |= item.model_dump(mode="json", exclude=set(item.owned) or None)
    return row
