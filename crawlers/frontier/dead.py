"""Dead requests, as an operator lists and names them."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from crawlers.errors import JobError
from crawlers.frontier.overview import number, plain
from crawlers.frontier.queue import LeaseQueue

IDS_AT_ONCE = 1000
BIGINT_DIGITS = 19
"""A number of fewer digits is one of the database's for sure."""


def url_of(payload: bytes) -> str:
    """Return the address in *payload*, or where none can be read how that begins."""
    try:
        url = json.loads(payload)["url"]
    except (LookupError, RecursionError, TypeError, ValueError):
        url = None
    return plain(url if isinstance(url, str) else payload)


def instant(value: Any) -> str:
    """Return what *value*, in ms, says in UTC."""
    try:
        return f"{datetime.fromtimestamp(number(value) / 1000, UTC):%Y-%m-%d %H:%M:%S}"
    except (OSError, OverflowError, ValueError):  # no such year
        return "unknown"


async def dead_ids(queue: LeaseQueue, prefixes: Sequence[str]) -> list[bytes]:
    """Return ids of dead requests, all or one for each of *prefixes* in hex. Raises JobError."""
    key, wanted = queue.key_of("dead"), tuple(prefix.lower() for prefix in prefixes)
    found: dict[bytes, None] = {}
    first = 0
    while page := await queue.server.zrange(key, first, first + IDS_AT_ONCE - 1):
        found |= dict.fromkeys(one for one in page if one.hex().startswith(wanted or ""))
        first += len(page)
    return [_only(prefix, found) for prefix in dict.fromkeys(wanted)] if wanted else list(found)


def _only(prefix: str, ids: Iterable[bytes]) -> bytes:
    fitting = [one for one in ids if prefix and one.hex().startswith(prefix)]
    if not fitting:
        raise JobError(f"no dead request has the id {plain(prefix)!r}")
    if len(fitting) > 1:
        raise JobError(f"the id {prefix!r} is ambiguous: {len(fitting)} dead requests have it")
    return fitting[0]


async def readable(queue: LeaseQueue, ids: Sequence[bytes]) -> tuple[list[bytes], list[int]]:
    """Return those of *ids* whose requests can be read, and the units that these belong to."""
    found = await queue.ask("units_of", len(ids), *ids)
    units = {unit for some in found for unit in some.split(b",")}
    return (
        [one for one, some in zip(ids, found, strict=True) if some],
        sorted(int(unit) for unit in units if unit.isdigit() and len(unit) < BIGINT_DIGITS),
    )
