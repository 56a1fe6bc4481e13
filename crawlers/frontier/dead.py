"""Dead requests, as an operator lists and names them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crawlers.errors import JobError
from crawlers.frontier.overview import number, plain
from crawlers.frontier.queue import LeaseQueue

IDS_AT_ONCE = 1000
BIGINT_DIGITS = 19
"""A number of fewer digits is one of the database's for sure."""

UNITS = """
local out = {}
for place, id in ipairs(ARGV) do
  local packed = redis.call('HGET', KEYS[1], id)
  local fine, seq, priority, host, units, payload = pcall(cmsgpack.unpack, packed or '')
  out[place] = fine and type(seq) == 'number' and type(priority) == 'number'
    and type(host) == 'string' and type(payload) == 'string' and type(units) == 'string' and units
end
return out
"""
"""Returns the units of requests, nil for one that cannot be read: only Lua knows the packing."""


@dataclass(frozen=True, slots=True)
class Dead:
    """A request that was given up after so many *tries*, and what stood in the queue."""

    id: str
    """In hex."""
    died_at: str
    tries: str
    reason: str
    payload: bytes

    @property
    def url(self) -> str:
        """Its address, or where none can be read the beginning of the payload."""
        try:
            url = json.loads(self.payload)["url"]
        except (LookupError, RecursionError, TypeError, ValueError):
            url = None
        return plain(url if isinstance(url, str) else self.payload)


async def dead(queue: LeaseQueue, first: int, most: int) -> list[Dead]:
    """Return requests of the job that were given up, the oldest first."""
    flat = await queue.ask("dead", first, most)
    found = []
    for at in range(0, len(flat), 4):
        one, died_ms, tried, payload = flat[at : at + 4]
        tries, _, reason = tried.partition(b" ")
        found.append(Dead(one.hex(), instant(died_ms), plain(tries, 9), plain(reason), payload))
    return found


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
    found = await queue.server.eval(UNITS, 1, queue.key_of("data"), *ids)
    units = {unit for some in found if some is not None for unit in some.split(b",")}
    return (
        [one for one, some in zip(ids, found, strict=True) if some is not None],
        sorted(int(unit) for unit in units if unit.isdigit() and len(unit) < BIGINT_DIGITS),
    )
