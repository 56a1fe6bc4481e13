"""What is kept of an answer: the JSON in it without people, and what a page says instead of it."""

import re
from typing import Any, Final

from pydantic_core import from_json, to_json

from crawlers import markup
from crawlers.markup import title_in
from spiders.tiktok_shop.addresses import cleaned

PRIVATE: Final = frozenset(
    {
        *("user_info", "basic_info", "video_list"),  # who looks, and who made videos
        *("review_items", "product_reviews", "reviews", "review_user", "review_user_info"),
    }
)
"""Keys, and types of components, that are about people. Reviews are not stored at all."""

ADDRESS: Final = "request_url"
"""Where a page says under which address it was asked for."""

NOTICE: Final = re.compile(rb"not\s+available\s+in\s+this\s+country\s+or\s+region", re.IGNORECASE)
_ROUTER: Final = re.compile(rb"""\bid\s*=\s*["']?__MODERN_ROUTER_DATA__(?![\w-])""")
_BOM: Final = b"\xef\xbb\xbf"


def redacted(body: bytes) -> bytes:
    """Return what may be kept of *body*, in one spelling; of what cannot be read, nothing.

    A page shows again what its JSON holds, reviewers too, so all of its markup is left out.
    """
    body = body.removeprefix(_BOM)
    if not is_html(body):
        return _without_people(body)
    shown, scripts = parts_of(body)
    parts = [b"<html>"]
    if (title := title_in(shown)) is not None:
        parts.append(b"<title>%b</title>" % title)
    if NOTICE.search(shown):
        parts.append(b"<p>Product not available in this country or region</p>")
    for script in scripts:
        kept = _without_people(script).replace(b"<", b"\\u003c")
        parts.append(b'<script id="__MODERN_ROUTER_DATA__">%b</script>' % kept)
    return b"".join(parts)


def parts_of(page: bytes) -> tuple[bytes, list[bytes]]:
    """Return what a page shows, and the embedded data: one piece, if all is as it should be."""
    shown, hidden = markup.parts_of(page)
    return shown, [one.content for one in hidden if _ROUTER.search(one.attributes)]


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
        kept = {name: _pruned(one) for name, one in value.items() if name not in PRIVATE}
        return kept | ({ADDRESS: _bare(kept[ADDRESS])} if ADDRESS in kept else {})
    if isinstance(value, list):
        return [_pruned(one) for one in value if not _is_private(one)]
    return value


def _bare(address: Any) -> str | None:
    """Return the address of a page without who shared it, and without tracking."""
    try:
        return cleaned(address) if isinstance(address, str) else None
    except ValueError:  # a host that is none
        return None


def _is_private(value: Any) -> bool:
    kind = value.get("component_type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind in PRIVATE
