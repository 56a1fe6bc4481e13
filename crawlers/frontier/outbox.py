"""What Redis is to be told, in order, until it has been told."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crawlers.frontier.program import Argument, Operations

ARGUMENTS_MAX = 3000
"""Of one call: a long call keeps everybody else waiting."""


@dataclass(frozen=True, slots=True)
class Message:
    """One operation. *arguments* are asked for when it goes, because times in it are from now."""

    name: str
    arguments: Callable[[], Sequence[Argument]]
    replied: Callable[[Any], None]


def _ignore(_: Any) -> None:
    """Take a reply that says nothing."""


class Outbox:
    """Messages that wait; many go in one call. One that was lost on its way goes again.

    All of them may be repeated: the Lua program knows what it has done.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._waiting: deque[Message] = deque()
        self.wake: Callable[[], None] = lambda: None
        """Called for each new one: the courier's."""
        self.since: float | None = None
        """When the first of them came, by the loop's clock."""
        self.is_urgent = False

    def __len__(self) -> int:
        """Count them."""
        return len(self._waiting)

    def add(
        self,
        name: str,
        arguments: Callable[[], Sequence[Argument]],
        replied: Callable[[Any], None] = _ignore,
        *,
        urgent: bool = False,
    ) -> None:
        """Append a message; an *urgent* one does not wait for others to go with it."""
        self._waiting.append(Message(name, arguments, replied))
        self.is_urgent = self.is_urgent or urgent
        if self.since is None:
            self.since = asyncio.get_running_loop().time()
        self.wake()

    def tell(self, name: str, *arguments: Argument, urgent: bool = False) -> None:
        """Append a message whose reply says nothing."""
        self.add(name, lambda: arguments, urgent=urgent)

    def write(self, operations: Operations) -> int:
        """Append what goes in one call to *operations*; return how many messages that is."""
        written = 0
        for message in self._waiting:
            if len(operations.arguments) > ARGUMENTS_MAX:
                break
            operations.add(message.name, *message.arguments())
            written += 1
        return written

    def told(self, replies: Sequence[Any]) -> None:
        """Remove the first messages, which have these *replies*."""
        for reply in replies:
            self._waiting.popleft().replied(reply)
        if not self._waiting:
            self.since, self.is_urgent = None, False
