"""The times of a serial turn, and the clock that measures them."""

from dataclasses import dataclass
from typing import Self

ABORT_S = 1.0
"""How long the abort of a transfer may take."""

RETRY_AFTER_LIMIT_S = 86_400.0
"""A site may ask for a day of silence, not for a year."""


@dataclass(frozen=True)
class TurnTimes:
    """Every duration of a turn, in seconds. A wrong order raises ValueError.

    A holder that is cut off must have ended its transfer, by its watchdog or at the latest by its
    deadline, before the database may give the lock away.
    """

    delay_s: float = 1.0
    """From the end of a response to the next request."""
    heartbeat_s: float = 5.0
    heartbeat_timeout_s: float = 3.0
    deadline_s: float = 120.0
    """The longest transfer."""
    keepalive_s: float = 150.0
    """After that the database gives up a silent connection, and its lock."""
    margin_s: float = 10.0
    """Added to the deadline of a holder that never signed off."""
    backoff_s: float = 60.0
    """The least wait after a 429; Lichess asks for a full minute."""
    backoff_limit_s: float = 3600.0
    """Repeated 429s double the wait up to this."""
    poll_s: float = 0.3
    """Between two attempts to take a lock that somebody else has."""
    fresh_s: float = 1.0
    """A request may be sent so long after the lock was last proved."""

    def __post_init__(self) -> None:
        """Check the order that the guarantee rests on."""
        if min(vars(self).values()) < 0 or not self.poll_s or not self.heartbeat_s:
            raise ValueError(f"a time is negative or zero: {self}")
        if not self.noticed_s + ABORT_S < self.deadline_s < self.keepalive_s:
            raise ValueError(f"heartbeat + its time-out + abort < deadline < keepalive: {self}")
        if not self.delay_s < self.backoff_s <= self.backoff_limit_s:
            raise ValueError(f"delay < back-off <= its limit: {self}")
        if self.backoff_s > self.deadline_s + self.margin_s:
            raise ValueError(f"a 429 that a killed holder saw outlasts the quarantine: {self}")

    @property
    def noticed_s(self) -> float:
        """How long a lost lock may stay unnoticed."""
        return self.heartbeat_s + self.heartbeat_timeout_s

    @classmethod
    def short(cls, delay_s: float) -> Self:
        """Return the times for tests with replicas of a site."""
        return cls(
            delay_s=delay_s,
            heartbeat_s=0.5,
            heartbeat_timeout_s=3.0,
            deadline_s=15.0,
            keepalive_s=20.0,
            margin_s=1.0,
            backoff_s=max(2.0, 2 * delay_s),
            poll_s=0.05,
        )

    def backoff(self, previous_s: float, retry_after_s: float | None) -> float:
        """Return the wait after a 429; *previous_s* is the wait that the last turn had set."""
        doubled = 2 * previous_s if previous_s >= self.backoff_s else 0.0
        asked = min(retry_after_s or 0.0, RETRY_AFTER_LIMIT_S)
        return max(self.backoff_s, asked, min(doubled, self.backoff_limit_s))
