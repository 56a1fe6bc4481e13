"""What a page shows and what it hides, in one walk over its bytes: for pages nobody parses whole.

Time grows with the length of a page, whatever is in it: these pages are not trusted.
"""

import re
from typing import Final, NamedTuple

_HIDDEN: Final = re.compile(rb"<!--|<(script|style|noscript)\b([^<>]{0,5000})>", re.IGNORECASE)
_ENDS: Final = {
    name: re.compile(rb"</%b\b[^<>]{0,500}>" % name, re.IGNORECASE)
    for name in (b"script", b"style", b"noscript")
} | {b"": re.compile(b"-->")}
_TITLE: Final = re.compile(rb"<title\b[^<>]{0,500}>([^<]*)</title", re.IGNORECASE)
_TITLE_MAX: Final = 300


class Hidden(NamedTuple):
    """An element that is not shown, or a comment, which has no attributes."""

    attributes: bytes
    content: bytes


class Parts(NamedTuple):
    """What a page shows, markup and all, and what is hidden in it."""

    shown: bytes
    hidden: list[Hidden]


def parts_of(page: bytes) -> Parts:
    """Take *page* apart. Whatever is not closed hides the rest, as in a browser."""
    shown: list[bytes] = []
    hidden: list[Hidden] = []
    at = 0
    while opening := _HIDDEN.search(page, at):
        shown.append(page[at : opening.start()])
        closing = _ENDS[(opening[1] or b"").lower()].search(page, opening.end())
        if closing is None:
            return Parts(b"".join(shown), hidden)
        content = page[opening.end() : closing.start()]
        hidden.append(Hidden(opening[2] or b"", content))
        at = closing.end()
    return Parts(b"".join([*shown, page[at:]]), hidden)


def title_in(shown: bytes) -> bytes | None:
    """Return the title in what a page shows, on one line and at most 300 bytes of it."""
    found = _TITLE.search(shown)
    return b" ".join(found[1].split())[:_TITLE_MAX].strip() if found else None
