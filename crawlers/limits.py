"""Limit keys: what requests share a limit. Standard library only, for use everywhere."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def limit_key(url: str) -> str:
    """Return ``scheme://host:port`` of *url*, in lower case, the port always written.

    >>> limit_key("https://Lichess.org/api")
    'https://lichess.org:443'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def twin(key: str) -> str | None:
    """Return the key of the same site behind the other default port, if *key* has one."""
    if key.startswith("http://") and key.endswith(":80"):
        return f"https://{key[7:-3]}:443"
    if key.startswith("https://") and key.endswith(":443"):
        return f"http://{key[8:-4]}:80"
    return None


LONGEST_WAIT_S = 1e9
"""Some 30 years: what is more is a mistake, and no number to calculate with."""


def retry_after_s(value: str | None, date: str | None = None) -> float | None:
    """Read a Retry-After header in seconds; None when it is absent or malformed.

    An HTTP date is taken relative to the answer's own *date* header, never to our clock.
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(float(value.strip()), LONGEST_WAIT_S)
    until, now = _instant(value), _instant(date)
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _instant(value: str | None) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else None
