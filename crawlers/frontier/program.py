"""The Lua program that runs in Redis, and the list of operations that one call of it does."""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import msgpack
from redis.asyncio import Redis  # noqa: TC002 - as everywhere here, imported for annotations
from redis.exceptions import NoScriptError

FOLDER = files("crawlers.frontier") / "lua"

Argument = bytes | str | int | float

MAKE_ROOM = frozenset(
    {"told", "units", "unhost", "dead", "forget", "part", "over", "release", "discard"}
)
"""Operations that a full Redis still does."""


class Operations:
    """What one call is to do, in order. It is done as one, and takes one round trip.

    What each operation takes and answers stands above it in the Lua program.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self.arguments: list[Argument] = []
        self.count = 0
        self.may_grow = False

    def add(self, name: str, *arguments: Argument) -> int:
        """Append an operation; return its place among the replies."""
        self.may_grow = self.may_grow or name not in MAKE_ROOM
        self.arguments.append(name)
        self.arguments += arguments
        self.count += 1
        return self.count - 1


class Program:
    """The program, as one worker of one job calls it."""

    def __init__(self, redis: "Redis", prefix: str, header: Sequence[Argument]) -> None:
        """Call it on *redis*; *header* is what comes before the operations."""
        self._redis = redis
        self._sha = hashlib.sha1(self.text().encode(), usedforsecurity=False).hexdigest()
        self._looks = True
        """Whether Redis may have begun anew: at first, and when a call has failed."""
        self._prefix = prefix
        self._header = header
        self.born = b""
        """When the job was made, as Redis said at `join`: the call is meant for no other."""
        self.calls = 0
        """Round trips so far."""

    @staticmethod
    @cache
    def text() -> str:
        """Return the whole program."""
        parts = {one.name: one for one in FOLDER.iterdir() if one.name.endswith(".lua")}
        return "\n".join(parts[name].read_text("utf-8") for name in sorted(parts))

    async def run(self, operations: Operations) -> list[Any]:
        """Return the reply of each operation.

        Raises RedisError. Where no answer came, all or nothing was done; what Redis refuses, it
        refuses before anything was done. Only what is not as the program left it ends a call in the
        middle; the counts are right even then.
        """
        self.calls += 1
        # One argument instead of a thousand: redis-py takes longer over each than Redis does.
        packed = msgpack.packb(operations.arguments, use_bin_type=False, unicode_errors="replace")
        head = (self._prefix, *self._header, self.born, int(operations.may_grow))
        looks, self._looks = int(self._looks), True
        try:
            replies: list[Any] = await self._redis.evalsha(self._sha, 1, *head, looks, packed)
        except NoScriptError:  # a client may have connected again without any call that failed
            replies = await self._redis.eval(self.text(), 1, *head, 1, packed)
        self._looks = False
        return replies
