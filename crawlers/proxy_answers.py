"""What a proxy says when it answers in the site's place. Pure."""

import re
from collections.abc import Mapping

from crawlers.errors import ProxyDownError, ProxyError, ProxyTunnelError
from crawlers.proxy_urls import Proxy

AUTHENTICATION_REQUIRED, BAD_GATEWAY, ERROR = 407, 502, 400
VENDOR = ("x-brd-err-code", "x-brd-err-msg", "x-luminati-error")
"""Bright Data's own headers, old and older; Proxy-Status replaces them during 2026."""
STATUS_ERROR = re.compile(r"""\berror\s*=\s*"?([a-z_]+)""")
STATUS_DETAILS = re.compile(r'\bdetails\s*=\s*"((?:[^"\\]|\\.)*)"')


def proxy_error(
    status: int, headers: Mapping[str, str], proxy: Proxy, *, tunnelled: bool
) -> ProxyError | None:
    """Return the error that *proxy* answered with, or None when the answer is the site's.

    *tunnelled*: the answer came out of a TLS tunnel, hence from the site unless the vendor's
    headers say otherwise. Over plain HTTP a 407 is always the proxy's, and a 502 counts as its own.
    *headers* have names in lower case. RFC 9209 defines Proxy-Status; sites' own gateways send it
    too, so inside a tunnel it does not count.
    """
    is_vendors = status >= ERROR and any(headers.get(name) for name in VENDOR)
    if tunnelled and not is_vendors:
        return None
    is_failed = status >= ERROR and STATUS_ERROR.search(headers.get("proxy-status", ""))
    if not (status in {AUTHENTICATION_REQUIRED, BAD_GATEWAY} or is_vendors or is_failed):
        return None
    return refusal(status, headers, proxy)


def refusal(status: int, headers: Mapping[str, str], proxy: Proxy) -> ProxyError:
    """Return the error for an answer that is known to be the proxy's own: also to CONNECT."""
    reason = f"HTTP {status}{_said(headers, proxy)}"
    if status == AUTHENTICATION_REQUIRED:
        return ProxyDownError("credentials", f"wrong user or password ({reason})")
    return ProxyTunnelError("tunnel", reason)


def _said(headers: Mapping[str, str], proxy: Proxy) -> str:
    """Collect the vendor's words and those of RFC 9209: without secrets, printable, bounded."""
    said = [headers[name] for name in VENDOR if headers.get(name)]
    status = headers.get("proxy-status", "")
    said += [found[1] for found in (STATUS_ERROR.search(status), STATUS_DETAILS.search(status))
             if found]  # fmt: skip
    text = " ".join(said)
    # The longer one first: the other may be a part of it.
    for secret in sorted(filter(None, (proxy.password, proxy.username)), key=len, reverse=True):
        text = text.replace(secret, "***")
    text = "".join(c if c.isprintable() else " " for c in text)[:150]
    return f", {text}" if text else ""
