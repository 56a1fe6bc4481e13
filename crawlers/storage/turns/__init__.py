"""Serial turns: never two transfers at once to a site that allows one.

A turn is held by three locks, taken in this order: one in this process, one in a file (for crawls
of one user on one machine, with different databases), one in the database (for all that share it).
The database's is a session lock, which lives exactly as long as its connection, and not a lease:
a holder that is paused keeps it. What the server may still be doing for a holder that died is
waited for: the holder wrote down its deadline before it sent anything.

The promise: at most one request at a time, except if a holder stays frozen until its deadline and
margin are over, and the database lost its session meanwhile.
"""

from collections.abc import Callable

from crawlers.config import config
from crawlers.storage.database import database_for
from crawlers.storage.turns.times import TurnTimes
from crawlers.storage.turns.turn import SerialTurns, Turn

__all__ = ["SerialTurns", "Turn", "TurnTimes", "turns_for"]


def turns_for(
    owner: object, limit_key: str, delay_s: float, closing: Callable[[], bool]
) -> SerialTurns:
    """Return the turns of *limit_key* in the database of *owner*, a Scrapy crawler.

    *delay_s* lies between two requests. With CRAWLERS_TEST the other times are short.
    """
    test = config().crawlers_test
    times = TurnTimes.short(delay_s) if test else TurnTimes(delay_s=delay_s)
    return SerialTurns(limit_key, database_for(owner).url, times, closing=closing)
