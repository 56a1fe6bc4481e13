"""The answer about a product, in any of its generations, as blocks of one shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crawlers.errors import PageError
from spiders.shopee.answer import is_bare
from spiders.shopee.fields import block, several


@dataclass(frozen=True, slots=True)
class Payload:
    """The blocks of a product's answer; one that is missing is empty."""

    item: dict[str, Any]
    price: dict[str, Any]
    review: dict[str, Any]
    shop: dict[str, Any]
    images: dict[str, Any]
    attributes: dict[str, Any]
    description: dict[str, Any]


def payload_in(url: str, answer: dict[str, Any]) -> Payload:
    """Return the blocks of *answer*: get_pc, get_rw, or item/get of v2 and v4.

    What the server says it has withheld is taken out: it is unknown, whatever stands there.
    """
    found = block(answer.get("data")) or answer
    if is_bare(found):
        found = {"item": found}
    item = block(found.get("item"))
    if not item:
        raise PageError(url, "neither a product nor an error")
    for path in several(found.get("removed_fields")):
        _remove(found, str(path).replace("[]", "").split("."))
    return Payload(
        item,
        block(found.get("product_price")),
        block(found.get("product_review")),
        block(found.get("shop_detailed")),
        block(found.get("product_images")),
        block(found.get("product_attributes")),
        block(found.get("product_description")),
    )


def _remove(within: Any, path: Sequence[str]) -> None:
    """Take what is at *path* out; through a list, out of each of its members."""
    if isinstance(within, list):
        for one in within:
            _remove(one, path)
    elif isinstance(within, dict):
        if len(path) == 1:
            within.pop(path[0], None)
        else:
            _remove(within.get(path[0]), path[1:])
