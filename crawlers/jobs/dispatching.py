"""How long a dispatcher waits for what, and how it tells the story of a job."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy.settings import BaseSettings

from crawlers.errors import ConfigError
from crawlers.jobs.nodes import Ending
from crawlers.storage.database import Database
from crawlers.storage.vanished import REFUSED, End, Vanished
from crawlers.verdict import Exit


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds; `crawlers.settings` says what each is for.

    *is_shared*: a job may have several workers. *given* are settings of Scrapy that all
    of them get, *project* are those of this process. *chores* are done at each look, *companions*
    go on beside, until they are told to stop.
    """

    silence_s: float = 20.0
    grace_s: float = 60.0
    frozen_s: float = 300.0
    cancel_s: float = 30.0
    again_s: tuple[float, float] = (5.0, 300.0)
    poll_s: float = 1.0
    is_shared: bool = False
    given: Mapping[str, str] = field(default_factory=dict)
    project: BaseSettings = field(default_factory=BaseSettings)
    chores: Sequence[Callable[[Database], Awaitable[object]]] = ()
    companions: Sequence[Callable[[Database, asyncio.Event], Coroutine[Any, Any, None]]] = ()

    @classmethod
    def read(cls, project: BaseSettings, **others: Any) -> Self:
        """Read ``DISPATCH_...``. Raises ConfigError."""
        try:
            first, longest = map(float, project.getlist("DISPATCH_AGAIN_S"))
            names = ("silence_s", "grace_s", "frozen_s", "cancel_s", "poll_s")
            found = {name: project.getfloat(f"DISPATCH_{name.upper()}") for name in names}
        except ValueError:
            raise ConfigError("a setting DISPATCH_... is wrong: expected seconds") from None
        return cls(again_s=(first, longest), project=project, **(found | others))

    def wait_s(self, attempts: int) -> float:
        """Return how long to wait after so many *attempts*."""
        first, longest = self.again_s
        return float(min(longest, first * 3 ** (attempts - 1)))


def line_of(one: Vanished) -> str:
    """Return the line of the story: when, where, what became of it."""
    at = f"{one.dispatched_at:%Y-%m-%d %H:%M:%S} UTC" if one.dispatched_at else "at an unknown time"
    return f"attempt {one.attempts}, {at}: {'; '.join(one.ends) or 'no worker was started'}"


def end_of(one: Vanished) -> End | None:
    """Return how a job ends whose workers are gone; None: it is dispatched again."""
    if one.is_cancelled:
        return End("cancelled", "cancelled", "the job was cancelled")
    if one.refusal is not None:
        return End("failed", one.refusal, one.refusal)
    if one.attempts >= one.max_attempts:
        last = "; ".join(one.ends)
        reason = f"given up after {one.attempts} attempts; the last: {last}"
        return End("failed", reason, "the job was given up")
    return None


def closing(ending: Ending) -> tuple[str, str]:
    """Return status and reason for a worker that ended without a word of its own."""
    words = f": {ending.words}" if ending.words else ""
    if ending.code == Exit.WRONG_USE:
        return REFUSED, ending.words or "wrong use"
    if ending.code is None:
        return "lost", f"its process ended{words}"
    if ending.code < 0:
        return "lost", f"its process was killed by signal {-ending.code}"
    return "lost", f"its process ended with exit code {ending.code}{words}"


def spread(free: Mapping[str, int]) -> Sequence[str]:
    """Return the names of nodes, each as often as it has room, the emptiest always next."""
    left = {name: count for name, count in free.items() if count > 0}
    places = []
    while left:
        name = max(left, key=left.__getitem__)
        places.append(name)
        left[name] -= 1
        if not left[name]:
            del left[name]
    return places


class Troubles:
    """What cannot be used just now, each said once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Tell *say* about it."""
        self._say = say
        self._known: dict[str, str] = {}

    def has(self, name: str, reason: str) -> None:
        """Say what is wrong with *name*, unless it is known."""
        if self._known.get(name) != reason:
            self._say(f"{name} cannot be used now: {reason}")
        self._known[name] = reason

    def over(self, name: str) -> None:
        """Say that *name* is well, if it was not."""
        if self._known.pop(name, None) is not None:
            self._say(f"{name} can be used again")
