"""What is kept of an answer: the JSON in it without people, and what a page says instead of it."""

import re
from typing import Any, Final

from pydantic_core import from_json, to_json

PRIVATE: Final = frozenset(
    {
        *("user_info", "basic_info", "video_list"),  # who looks, and who made videos
        *("review_items", "product_reviews", "reviews", "review_user", "review_user_info"),
    }
)
"""Keys, and types of components, that are about people. Reviews are not stored at all."""

TITLE: Final = re.compile(rb"<title\b[^>]{0,500}>([^<]*)</title", re.IGNORECASE)
NOTICE: Final = re.compile(rb"not\s+available\s+in\s+this\s+country\s+or\s+region", re.IGNORECASE)
_HIDDEN: Final = re.compile(rb"<!--|<(script|style|noscript)\b([^>]{0,5000})>", re.IGNORECASE)
_ENDS: Final = {
    name: re.compile(rb"</%b\b[^>]{0,500}>" % name, re.IGNORECASE)
    for name in (b"script", b"style", b"noscript")
} | {b"": re.compile(b"-->")}
_ROUTER: Final = re.compile(rb"""\bid\s*=\s*["']?__MODERN_ROUTER_DATA__(?![\w-])""")
_BOM: Final = b"\xef\xbb\xbf"
_TITLE_MAX: Final = 300


def redacted(body: bytes) -> bytes:
    """Return what may be kept of *body*, in one spelling; of what cannot be read, nothing.

    A page shows again what its JSON holds, reviewers too, so all of its markup is left out.
    """
    body = body.removeprefix(_BOM)
    if not is_html(body):
        return _without_people(body)
    shown, scripts = parts_of(body)
    parts = [b"<html>"]
    if title := TITLE.search(shown):
        parts.append(b"<title>%b</title>" % b" ".join(title[1].split())[:_TITLE_MAX].strip())
    if NOTICE.search(shown):
        parts.append(b"<p>Product not available in this country or region</p>")
    for script in scripts:
        kept = _without_people(script).replace(b"<", b"\\u003c")
        parts.append(b'<script id="__MODERN_ROUTER_DATA__">%b</script>' % kept)
    return b"".join(parts)


def parts_of(page: bytes) -> tuple[bytes, list[bytes]]:
    """Return what a page shows, and the embedded data: one piece, if all is as it should be.

    One walk through the page: whatever is not closed hides the rest, as in a browser.
    """
    shown: list[bytes] = []
    scripts: list[bytes] = []
    at = 0
    while opening := _HIDDEN.search(page, at):
        shown.append(page[at : opening.start()])
        closing = _ENDS[(opening[1] or b"").lower()].search(page, opening.end())
        if closing is None:
            return b"".join(shown), scripts
        if _ROUTER.search(opening[2] or b""):
            scripts.append(page[opening.end() : closing.start()])
        at = closing.end()
    return b"".join([*shown, page[at:]]), scripts


def is_html(body: bytes) -> bool:
    """Tell a page from JSON."""
    return body.lstrip()[:1] == b"<"


def _without_people(body: bytes) -> bytes:
    try:
        return to_json(_pruned(from_json(body, allow_inf_nan=False)), inf_nan_mode="null")
    except ValueError:
        return b""


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _pruned(one) for name, one in value.items() if name not in PRIVATE}
    if isinstance(value, list):
        return [_pruned(one) for one in value if not _is_private(one)]
    return value


def _is_private(value: Any) -> bool:
    kind = value.get("component_type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind in PRIVATE
