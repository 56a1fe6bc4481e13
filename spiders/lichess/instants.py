"""The API's epoch milliseconds."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant(ms: int) -> datetime:
    """Turn epoch milliseconds into UTC, exactly. Raise TypeError for what is no number."""
    return EPOCH + timedelta(milliseconds=ms)
