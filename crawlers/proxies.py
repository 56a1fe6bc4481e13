"""Proxies: where requests go out, and which of them can be used now. Pure: no clock, no network."""

from dataclasses import dataclass, field


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
