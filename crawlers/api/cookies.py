"""The cookies of a session, and what keeps other sites from using them."""

from datetime import timedelta
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from crawlers.api.problems import Problem
from crawlers.storage.credentials import Shown
from crawlers.storage.sessions import Issued

ACCESS, REFRESH = "__Host-crawlers-access", "__Host-crawlers-refresh"
"""Browsers take `__Host-` only from the very host, by TLS or on their own machine."""


def cookies_of(scope: Scope) -> dict[str, str]:
    """Return the cookies that a request shows."""
    return cookie_parser("; ".join(Headers(scope=scope).getlist("cookie")))


def shown_in(cookies: dict[str, str], name: str) -> Shown | None:
    """Return the credential that the cookie *name* holds, if it does."""
    return Shown.read(cookies.get(name, ""))


def keeping(issued: Issued, longest: timedelta) -> list[str]:
    """Return the headers ``Set-Cookie`` that let a browser keep a session."""
    seconds = int(longest.total_seconds())
    return [
        _header(ACCESS, str(issued.access), seconds),
        _header(REFRESH, str(issued.refresh), seconds),
    ]


def forgetting() -> list[str]:
    """Return the headers ``Set-Cookie`` that end what a browser keeps."""
    return [_header(ACCESS, "", 0), _header(REFRESH, "", 0)]


def _header(name: str, value: str, seconds: int) -> str:
    return f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def refuse_other_sites(scope: Scope) -> None:
    """Let only our own pages change something by a cookie. Raises Problem (403).

    All browsers of today say where a request comes from; those of before name its origin.
    """
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is None:
        origin = headers.get("origin")
        is_ours = origin is None or urlsplit(origin).netloc == headers.get("host")
    else:
        is_ours = site in {"same-origin", "none"}  # none: typed, or a page that is sent again
    if not is_ours:
        raise Problem(403, "a page of another site asked for this")
