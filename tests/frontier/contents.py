"""What keys of Redis hold, read as the model says it."""

from collections.abc import Callable
from typing import Any

NOT_MODELLED = {b"created", b"seq", b"leases", b"lease", b"run", b"began"}


def plain(name: str, content: Any, now: float) -> Any:
    """Return the content of a key as the model says it; nothing of what it does not say."""
    host, job = name.startswith("host:"), name.startswith("job:")
    kind = name.split(":")[-1 if host else 2 if job else 0]
    if isinstance(content, dict) and (not host or kind == "limits"):
        found = {at: value for at, value in content.items() if at not in NOT_MODELLED}
        found = {at: value for at, value in found.items() if value != b"0"}
        return set(found) if kind == "data" else found
    if isinstance(content, dict) or kind in {"workers", "hungry", "{clock}s", "{clock}us"}:
        return None
    read = READ.get(kind)
    return read(content, now) if read else dict(content) if isinstance(content, list) else content


READ: dict[str, Callable[[Any, float], Any]] = {
    "ready": lambda content, _: [member[6:] for member, _ in content],
    "suspects": lambda content, _: [id_of_suspect(member) for member, _ in content],
    "solo": lambda content, _: [id_of_suspect(member) for member, _ in content],
    "busy": lambda content, now: {token: until for token, until in content if until > now},
    "ring": lambda content, _: {member for member, _ in content},
}
"""How a sorted set is read that is more than names and numbers."""


def id_of_suspect(member: bytes) -> bytes:
    """Return what stands after the place and its own length, before the host."""
    return member[8 : 8 + int.from_bytes(member[6:8], "big")]
