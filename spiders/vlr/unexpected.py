"""What a page is, when it is not the one that was asked for."""

from typing import Final

from crawlers.errors import BlockedError, MissingError, PageError
from crawlers.html import HtmlPage
from spiders.vlr.cells import text_of

BLOCKS: Final = ("just a moment", "attention required", "access denied", "are you a robot")
"""Titles of block pages, in lower case: Cloudflare's challenge and notice, and their kin."""

ABSENT: Final = ("page not found", "404 not found", "does not exist")

NOTICE_MAX: Final = 200
"""Characters of a page that says nothing else."""

KINDS: Final = {
    ".match-header": "a match",
    ".mod-article": "an article",
    ".thread-header, .post": "a forum thread",
}
"""A bare ``/{number}/...`` is one of these; articles and matches have posts below them."""


def unexpected(page: HtmlPage, wanted: str) -> PageError:
    """Return why *page* is not *wanted*: blocked, missing, something else, or not known."""
    title = " ".join(filter(None, map(text_of, page.all("title, h1")))).lower()
    if any(words in title for words in BLOCKS):
        return BlockedError(page.url, f"a block page: {title[:80]}")
    if any(words in title for words in ABSENT) or _says_absent(page):
        return MissingError(page.url, f"the site has no such page; expected {wanted}")
    for css, kind in KINDS.items():
        if kind != wanted and page.all(css):
            return MissingError(page.url, f"this is {kind}, not {wanted}")
    return PageError(page.url, f"this is not {wanted}")


def _says_absent(page: HtmlPage) -> bool:
    """Tell whether a page without content of its own says that it was not found."""
    body = page.all("#wrapper") or page.all("body")
    said = (text_of(body[0]) or "").lower() if body else ""
    return len(said) <= NOTICE_MAX and any(words in said for words in ABSENT)
