"""Giving a request back to the scheduler, untried, because it may not be sent yet."""

import logging
from datetime import UTC, datetime

from scrapy import Request

logger = logging.getLogger(__name__)


def postponed(request: Request, until_ms: int, reason: str) -> Request:
    """Return a copy of *request* that the scheduler keeps until *until_ms* (epoch ms).

    For a request that has not been sent. ``meta["postponed"]`` counts how often that happened, and
    is part of the fingerprint: the copy is no duplicate, and no try is used up. *reason* goes to
    the log and must hold no secret.
    """
    copy = request.copy()
    copy.meta["postponed"] = request.meta.get("postponed", 0) + 1
    copy.meta["not_before"] = max(until_ms, request.meta.get("not_before", 0))
    until = datetime.fromtimestamp(copy.meta["not_before"] / 1000, UTC)
    logger.debug("Postponed %s until %s: %s", request, until.isoformat("T", "seconds"), reason)
    return copy
