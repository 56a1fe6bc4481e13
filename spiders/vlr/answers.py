"""What the site may answer instead of the page that was asked for, and what of it is kept."""

import re
from typing import Final

from crawlers.errors import BlockedError, MissingError, PageError
from crawlers.html import HtmlPage, Node

TAIL: Final = 400
"""Among the last so many bytes a whole document has its end tag."""

_CHALLENGE: Final = re.compile(
    rb"<title>\s*(?:just a moment|attention required|access denied|ddos-guard)"
    rb"|_cf_chl_opt|cf-error-details|class=\"(?:h-captcha|g-recaptcha|cf-turnstile)",
    re.IGNORECASE,
)
_NOT_FOUND: Final = re.compile(
    rb"<title>[^<]{0,200}not found|>\s*(?:404|page not found)\b", re.IGNORECASE
)
_TITLE: Final = re.compile(rb"<title>([^<]{0,200})", re.IGNORECASE)
_THREAD: Final = re.compile(rb'data-ctrl="thread"|class="thread-header|data-post-id="')
_COMMENTS: Final = b'<div class="post-container"'
_AFTER_COMMENTS: Final = (b'<div class="footer"', b"</body>")


def opened(page: HtmlPage, css: str) -> Node:
    """Return the one element that makes *page* what it should be, in a document that ends.

    Raise BlockedError for a challenge, MissingError where there is no such thing (also when the
    number belongs to an article or a forum thread), PageError for anything else.
    """
    found = page.all(css)
    if not found:
        raise instead(page, css)
    refuse_cut(page)
    return found[0] if len(found) == 1 else page.one(css)


def refuse_cut(page: HtmlPage) -> None:
    """Raise PageError for a document without its end: a part would pass for the whole."""
    if b"</html>" not in page.body[-TAIL:].lower():
        raise PageError(page.url, "cut short: the document does not end")


def instead(page: HtmlPage, css: str) -> PageError:
    """Say what came instead of a page with *css* on it."""
    body = page.body
    if _CHALLENGE.search(body):
        return BlockedError(page.url, "a challenge instead of the page")
    if _NOT_FOUND.search(body):
        return MissingError(page.url, "the site says that there is no such page")
    if b"mod-article" in body:
        return MissingError(page.url, f"this is an article: no {css!r}")
    if _THREAD.search(body) and b"match-header" not in body:
        return MissingError(page.url, f"this is a forum thread: no {css!r}")
    title = _TITLE.search(body)
    named = " ".join(title[1].decode(errors="replace").split()) if title else "no title"
    return PageError(page.url, f"expected {css!r}, found another page: {named}")


def without_comments(body: bytes) -> bytes:
    """Cut out what readers of the site wrote, with their names, and the forms to answer it."""
    start = body.find(_COMMENTS)
    if start < 0:
        return body
    ends = (body.find(mark, start) for mark in _AFTER_COMMENTS)
    end = next((at for at in ends if at >= 0), len(body))
    return body[:start] + body[end:]
