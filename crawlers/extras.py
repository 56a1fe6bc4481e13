"""Packages that only some users need: of a missing one it is said how to install it."""

from collections.abc import Iterator
from contextlib import contextmanager

from crawlers.errors import ConfigError


@contextmanager
def extra(name: str, who: str) -> Iterator[None]:
    """Say that *who* ("jobs need") the extra *name*, where a package is missing: ConfigError."""
    try:
        yield
    except ModuleNotFoundError as error:
        line = f"{who} an extra: pip install 'crawlers[{name}]' ({error})"
        raise ConfigError(line) from None
