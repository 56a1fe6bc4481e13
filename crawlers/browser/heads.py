"""Heads of HTTP/1.1 messages, as a proxy reads and writes them (RFC 9112). Pure."""

from asyncio import StreamReader
from dataclasses import dataclass
from typing import Self

HEAD_BYTES = 64 * 1024
"""The longest head, and the longest line of it."""

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer"}
)
"""Fields for the next hop only, RFC 9110 section 7.6.1; ``Upgrade`` is handled apart."""


@dataclass(frozen=True, slots=True)
class Head:
    """A start line and its fields, in order."""

    start: str
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    async def read(cls, reader: StreamReader) -> Self:
        """Read up to the empty line; EOFError when it ends before, ValueError for what is none."""
        lines: list[str] = []
        left = HEAD_BYTES
        while line := await reader.readline():
            left -= len(line)
            if left < 0 or not line.endswith(b"\n"):
                break
            if text := line.decode("latin-1").rstrip("\r\n"):
                lines.append(text)
            elif lines:
                return cls(lines[0], tuple(map(_field, lines[1:])))
        if left < 0:
            raise ValueError("the head is too long")
        raise EOFError("the connection ended within a head")

    def get(self, name: str) -> str | None:
        """Return the first field with that *name* (in lower case)."""
        return next((value for key, value in self.fields if key.lower() == name), None)

    def forwarded(self, start: str, *more: tuple[str, str], keep: str = "") -> Self:
        """Return it for the next hop: with another *start*, and *more* fields."""
        kept = (one for one in self.fields if one[0].lower() not in HOP_BY_HOP - {keep})
        return type(self)(start, (*kept, *more))

    def encode(self) -> bytes:
        """Return the bytes, the empty line included."""
        lines = (self.start, *(f"{name}: {value}" for name, value in self.fields), "", "")
        return "\r\n".join(lines).encode("latin-1")

    @property
    def status(self) -> int:
        """The status of a response; ValueError if this is none."""
        version, _, rest = self.start.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise ValueError("no answer of HTTP/1")
        return int(rest[:3])


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise ValueError("a field without a name")
    return name, value.strip()
