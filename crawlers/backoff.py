"""How long to wait after a failure. Standard library only.

Exponential with full jitter: a uniform draw between zero and the doubled wait spreads the clients
best and costs the site the fewest calls ("Exponential Backoff And Jitter", AWS Architecture Blog).
"""

import random
from dataclasses import dataclass

DOUBLINGS_MAX = 32
"""Beyond it any wait has reached its longest, and a float would not overflow yet."""
FLOOR = 0.1
"""The least draw, as a share of the first wait: another try at once is no wait at all."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits in seconds between *first_s* and *longest_s*, for at most *tries* more tries."""

    first_s: float
    longest_s: float
    tries: int

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not 0 < self.first_s <= self.longest_s or self.tries < 0:
            raise ValueError(f"0 < first wait <= longest wait, and tries >= 0: {self}")

    def ceiling_s(self, failures: int) -> float:
        """Return the longest draw after *failures* earlier ones: doubled each time, bounded."""
        return min(self.first_s * 2.0 ** min(failures, DOUBLINGS_MAX), self.longest_s)

    def draw_s(self, failures: int) -> float:
        """Return a wait, anywhere between the floor and the ceiling."""
        draw = random.uniform(0, self.ceiling_s(failures))  # noqa: S311 - spreads, guards nothing
        return max(draw, self.first_s * FLOOR)
