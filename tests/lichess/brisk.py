"""The turns of these tests: as the real ones, but a dead holder is waited for 5 s and not 130."""

from collections.abc import Callable

from crawlers.storage.database import database_for
from crawlers.storage.turns import SerialTurns, TurnTimes

DEADLINE_S = 5.0
BACKOFF_S = 3.0
QUARANTINE_S = DEADLINE_S + 0.5


def turns_for(
    owner: object, limit_key: str, delay_s: float, closing: Callable[[], bool]
) -> SerialTurns:
    """Return the turns of *limit_key*; the setting ``SERIAL_TURNS`` names this function."""
    times = TurnTimes(
        delay_s=delay_s,
        heartbeat_s=0.5,
        heartbeat_timeout_s=2.0,
        deadline_s=DEADLINE_S,
        keepalive_s=2 * DEADLINE_S,
        margin_s=QUARANTINE_S - DEADLINE_S,
        backoff_s=BACKOFF_S,
        poll_s=0.05,
    )
    return SerialTurns(limit_key, database_for(owner).url, times, closing=closing)
