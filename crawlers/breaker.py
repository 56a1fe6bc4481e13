"""A circuit breaker: when to leave a site alone, and when to ask again. Standard library only.

Closed: everybody may ask. After failures of so many requests in a row, with no good answer among
them, it opens: nobody may ask, for a time that doubles. Then it is half open: exactly one request
goes out on trial. Its success closes the breaker, its failure opens it again.
"""

from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto

from crawlers.backoff import Backoff


class State(StrEnum):
    """The state of a breaker. The names are those of the stats."""

    CLOSED = "closed"
    OPEN = "opened"
    HALF_OPEN = "half_open"


class Answer(Enum):
    """What a request may do that asks the breaker."""

    GO = auto()
    TRIAL = auto()
    """Go, and tell how it ended: everybody else waits for that."""
    WAIT = auto()
    """Wait until `Breaker.until_s`, and ask again."""
    END = auto()
    """The site has been away for too long to wait for it."""


@dataclass(slots=True)
class Breaker:
    """The breaker of one limit key. Times are seconds of any clock that never goes back.

    It opens when *threshold* different requests failed in a row: many tries of one request say
    something about its page, and have waits of their own. *opening* holds the first and the
    longest time for which it stays open. From *give_up_s* after the first failure on, requests end
    instead of waiting, while trials go on.
    """

    threshold: int
    opening: Backoff
    give_up_s: float
    state: State = State.CLOSED
    since_s: float = 0.0
    """When the first failure in a row was."""
    until_s: float = 0.0
    """When to ask again; for a breaker that is not closed."""
    _failed: set[str] = field(default_factory=set)
    _openings: int = 0

    def ask(self, now_s: float) -> Answer:
        """Return what a request may do at *now_s*."""
        if self.state is State.CLOSED:
            return Answer.GO
        if self.state is State.OPEN and now_s >= self.until_s:
            self.state = State.HALF_OPEN
            # Whoever asks before the trial has ended comes back a little later.
            self.until_s = now_s + self.opening.ceiling_s(self._openings - 1) / 2
            return Answer.TRIAL
        if self.state is State.HALF_OPEN:
            self.until_s = max(self.until_s, now_s + self.opening.first_s / 2)
            return Answer.END if self.until_s - now_s >= self.give_up_s else Answer.WAIT
        return Answer.END if self.until_s - self.since_s >= self.give_up_s else Answer.WAIT

    def succeeded(self, *, trial: bool) -> None:
        """Note a good answer. Late answers to requests from before it opened say nothing new."""
        if trial or self.state is State.CLOSED:
            self.state = State.CLOSED
            self._failed.clear()
            self._openings = 0

    def failed(self, request: str, now_s: float, *, trial: bool, asked_s: float = 0.0) -> None:
        """Note a failure of *request*, a name equal for all its tries.

        *asked_s* is the time for which the site asks to be left alone.
        """
        if self.state is State.CLOSED:
            self.since_s = self.since_s if self._failed else now_s
            self._failed.add(request)
            if len(self._failed) >= self.threshold:
                self._open(now_s, asked_s)
        elif trial:
            self._open(now_s, asked_s)
        else:
            self.until_s = max(self.until_s, now_s + asked_s)

    def released(self, now_s: float) -> None:
        """Note that the trial ended without a word from the site: the next request is one."""
        self.state, self.until_s = State.OPEN, now_s

    def _open(self, now_s: float, asked_s: float) -> None:
        self.state = State.OPEN
        # What a late answer asked for while a trial was under way still holds.
        wait_s = max(self.opening.ceiling_s(self._openings), asked_s)
        self.until_s = max(self.until_s, now_s + wait_s)
        self._openings += 1
