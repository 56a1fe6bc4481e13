"""SCRAPYD_URLS: addresses of Scrapyds, with their credentials apart. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class ScrapydAddress:
    """Where one Scrapyd is. Its text form, which is also its name, has no credentials."""

    server: str
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, address: str) -> "ScrapydAddress":
        """Parse one *address*; ValueError, without a word of it, when it is not as described."""
        parts = urlsplit(address)
        has_more = parts.query or parts.fragment or not address.isprintable() or " " in address
        if parts.scheme not in {"http", "https"} or not parts.hostname or has_more:
            raise ValueError("not the address of a Scrapyd")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password or "") if username else None
        return cls(f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}", username, password)

    def __str__(self) -> str:
        """Return the address without credentials."""
        return self.server


def read_scrapyds(text: str) -> tuple[ScrapydAddress, ...]:
    """Parse addresses separated by commas. Raises ValueError, also for one that comes twice."""

    def each() -> Iterator[ScrapydAddress]:
        for one in text.split(","):
            if one.strip():
                yield ScrapydAddress.read(one.strip())

    found = tuple(each())
    if not found or len({one.server for one in found}) < len(found):
        raise ValueError("no address, or one that comes twice")
    return found
