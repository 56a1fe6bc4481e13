"""What a seller writes about a product: a list of blocks, as JSON in a text, or the text itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import from_json

from crawlers.items.base import Unknown

LISTS: Final = frozenset({"ul", "ol"})
SILENT: Final = frozenset({"image", "video"})


def plain_text(written: str | None) -> str | None:
    """Return the words of *written*, a line for each block or point of a list."""
    found = _blocks(written)
    lines = [written or ""] if found is None else [line for one in found for line in _lines(one)]
    return "\n".join(line.strip() for line in lines if line.strip()) or None


def unknown_blocks(written: str | None) -> Iterator[Unknown]:
    """Yield the kinds of blocks that are not understood; their words are kept."""
    for one in _blocks(written) or ():
        if (kind := one.get("type")) not in {"text", *LISTS, *SILENT}:
            yield Unknown("description_block", str(kind)[:80])


def _blocks(written: str | None) -> list[Mapping[str, Any]] | None:
    """Return the blocks; None for a text that is none: then it is the description itself."""
    try:
        found = from_json(written or "", allow_inf_nan=False)
    except ValueError:
        return None
    is_list = isinstance(found, list) and all(isinstance(one, dict) for one in found)
    return found if is_list else None


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    if one.get("type") in SILENT:
        return
    points = one.get("content") if one.get("type") in LISTS else [one.get("text")]
    for point in points if isinstance(points, list) else [points]:
        if point is not None and not isinstance(point, str):
            raise TypeError("a block of the description is no text")
        yield point or ""
