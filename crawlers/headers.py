"""What the header of an answer says."""

from scrapy.http import Response

from crawlers.limits import retry_after_s


def header(response: Response, name: str) -> str | None:
    """Return a field as text; None without it."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value is not None else None


def asked_s(response: Response) -> float | None:
    """Return the Retry-After of *response* in seconds, if it has a valid one."""
    return retry_after_s(header(response, "Retry-After"), header(response, "Date"))
