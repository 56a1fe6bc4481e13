"""What need not be fetched again: finished matches, what was seen a moment ago, articles."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from crawlers.items.esports import EsportsMatch, EsportsNews
from crawlers.memory import Memory
from spiders.vlr.arguments import VlrArguments
from spiders.vlr.header import COMPLETED, LIVE, UPCOMING

UNKNOWN = None
"""How far a match is that no list has shown."""


SETTLES_AFTER: Final = timedelta(days=2)
"""How long after its start a finished match may still get its scoreboards; minor ones never do."""


def settled(match: EsportsMatch, now: datetime) -> bool:
    """Tell whether *match* is over and its page will not change any more."""
    if match.status != COMPLETED:
        return False
    told = bool(match.players) or match.forfeited or match.starts_at is None
    return told or now - (match.starts_at or now) > SETTLES_AFTER


def whole_mark(match_id: str) -> str:
    """Return the key of the mark that a finished match is stored with all its tabs."""
    return f"match/{match_id}/tabs"


async def fresh_matches(
    memory: Memory, args: VlrArguments, statuses: Mapping[str, str | None]
) -> set[str]:
    """Return the ids of those matches that need not be fetched.

    *statuses* gives by id how far each match is as a list shows it (upcoming, live, completed,
    tbd), or `UNKNOWN`. A settled match never changes, and counts when it is stored whole. Any
    other counts as long as it is young, unless a list shows that it has gone on.
    """
    if args.full:
        return set()
    over = await memory.known(EsportsMatch, statuses, having={"status": COMPLETED})
    if args.tabs:
        marks = await memory.marked(map(whole_mark, over))
        over = {one for one in over if whole_mark(one) in marks}
    since = datetime.now(UTC) - timedelta(minutes=args.max_age_min)
    fresh = set(over)
    for stored, shown in ((LIVE, {LIVE}), (UPCOMING, {UPCOMING, "tbd"})):
        open_ones = [one for one, status in statuses.items() if status in {UNKNOWN, *shown}]
        fresh |= await memory.known(EsportsMatch, open_ones, since, {"status": stored})
    return fresh


async def read_articles(memory: Memory, args: VlrArguments, ids: Iterable[str]) -> set[str]:
    """Return the ids of those articles whose text is stored."""
    return set() if args.full else await memory.known(EsportsNews, ids, having={"text": ...})
