"""PROXY_URLS: addresses of proxies whose credentials may hold a vendor's template. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?:(?P<username>[^\s:@/?#]+)(?::(?P<password>[^\s:@/?#]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})/?"
)
ENCODED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
LEGACY_PORT = 22225
"""Bright Data's old entrance: its certificate authority ends in September 2026."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One way out. Its text form shows neither the user's name, which pays, nor the password."""

    scheme: str
    host: str
    port: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def server(self) -> str:
        """The address without credentials: ``http://host:port``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __str__(self) -> str:
        """Return the address without credentials."""
        return self.server


@dataclass(frozen=True, slots=True)
class ProxyTemplate:
    """One entry of PROXY_URLS. Its text form is ``host:port``.

    In the username and in the password ``{session}`` stands for the session's eight digits,
    ``{country}`` and ``{COUNTRY}`` for the country in lower and in upper case. A part in square
    brackets is left out when something in it is not known. Any of ``[]{}@:/,`` that belongs to
    the credentials themselves is percent-encoded.
    """

    scheme: str
    host: str
    port: int
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, address: str) -> "ProxyTemplate":
        """Parse one *address*; ValueError, without a word of it, when it is not as described."""
        found = ADDRESS.fullmatch(address)
        if not found or not 0 < int(found["port"]) < 2**16:
            raise ValueError("not http://user:password@host:port")
        for text in filter(None, (found["username"], found["password"])):
            _check(text)
        host = found["host"].strip("[]").lower()
        return cls(found["scheme"], host, int(found["port"]), found["username"], found["password"])

    def __str__(self) -> str:
        """Return ``host:port``: for logs and stats."""
        return Proxy(self.scheme, self.host, self.port).server.partition("//")[2]

    @property
    def needs_country(self) -> bool:
        """Tell whether a country stands outside of square brackets."""
        bare = OPTIONAL.sub("", f"{self.username}{self.password}")
        return "country" in map(str.lower, PLACEHOLDER.findall(bare))

    @property
    def is_legacy(self) -> bool:
        """Tell whether this is the vendor's entrance that stops to work."""
        return self.port == LEGACY_PORT and self.host.endswith(".superproxy.io")

    def fill(self, session: str, country: str | None) -> Proxy:
        """Return the proxy for a *session* (letters and digits) and a *country* (two letters)."""
        values = {"session": session}
        if country:
            values |= {"country": country.lower(), "COUNTRY": country.upper()}
        username, password = (
            None if text is None else _filled(text, values)
            for text in (self.username, self.password)
        )
        return Proxy(self.scheme, self.host, self.port, username, password)


def read_proxies(text: str) -> tuple[ProxyTemplate, ...]:
    """Parse addresses separated by commas or white space; ValueError when one is wrong or twice."""
    found = tuple(map(ProxyTemplate.read, filter(None, re.split(r"[\s,]+", text))))
    if not found or len(set(found)) < len(found):
        raise ValueError("no address, or one twice")
    return found


def _check(text: str) -> None:
    bare = OPTIONAL.sub(r"\1", text)
    names = set(PLACEHOLDER.findall(bare))
    if not names <= {"session", "country", "COUNTRY"}:
        raise ValueError("unknown placeholder")
    if re.search(r"[\[\]{}]", PLACEHOLDER.sub("", bare)) or not ENCODED.fullmatch(text):
        raise ValueError("brackets do not match, or not percent-encoded")


def _filled(text: str, values: dict[str, str]) -> str:
    def part(found: re.Match[str]) -> str:
        return found[1] if set(PLACEHOLDER.findall(found[1])) <= values.keys() else ""

    def pieces(whole: str) -> Iterator[str]:
        end = 0
        for found in PLACEHOLDER.finditer(whole):
            yield unquote(whole[end : found.start()])
            yield values[found[1]]
            end = found.end()
        yield unquote(whole[end:])

    return "".join(pieces(OPTIONAL.sub(part, text)))
