"""What a call of the site answers: an envelope, or one of the many forms of a refusal."""

import re
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from pydantic_core import from_json, to_json

from crawlers.errors import BlockedError, LoginError, MissingError, PageError, UpstreamError

BLOCKED: Final = 90309999
PLACEHOLDER: Final = 266900504
PRIVATE: Final = frozenset(
    {
        *("delivery_address", "buyer_address", "user_address", "address_id", "buyer_addresses"),
        *("signature", "sign", "voucher_code", "author_username", "author_portrait"),
        *("author_userid", "author_shopid", "buyer_id", "anti_bot_tracking_id"),
    }
)
"""Keys about the viewer, about people who wrote reviews, and what vouchers are signed with."""

BLOCKS: Final = frozenset(
    {
        *("error", "error_msg", "is_login", "action_type", "redirect_to_error_page", "data"),
        *("item", "product_attributes", "product_description", "product_images", "product_price"),
        *("product_review", "removed_fields", "shop_detailed"),
    }
)
"""What is kept of a product's answer; the rest is about the viewer, or no part of a product."""

MARKS: Final = {
    "shopee-authen-form": '<div class="shopee-authen-form"></div>',
    "loginKey": '<input name="loginKey">',
    "captcha": '<iframe src="captcha"></iframe>',
}
"""What is kept of a page instead of an answer: whether it asks for a login or a captcha."""

_MARKS: Final = re.compile(
    rb"""<[^>]{0,500}\b(shopee-authen-form)\b|<input\b[^>]{0,500}\bname=["']?(loginKey)\b"""
    rb"""|<iframe\b[^>]{0,500}\bsrc=["']?[^"'>]{0,500}(captcha)""",
    re.IGNORECASE,
)
_PRIVATE: Final = tuple(f'"{name}"'.encode() for name in sorted(PRIVATE))
BOM: Final = b"\xef\xbb\xbf"


def redacted(body: bytes) -> bytes:
    """Return *body* without private keys; of HTML its marks, of what cannot be read nothing."""
    if is_html(body):
        return b"<html>" + "".join(map(MARKS.__getitem__, marks(body))).encode()
    if not any(name in body for name in _PRIVATE) and b"\\u00" not in body:
        return body
    return _rewritten(body)


def redacted_product(body: bytes) -> bytes:
    """Return the blocks of a product's answer that are kept, without private keys."""
    return redacted(body) if is_html(body) else _rewritten(body, BLOCKS)


def is_html(body: bytes) -> bool:
    """Tell whether *body* is a page instead of an answer."""
    return body.removeprefix(BOM).lstrip()[:1] == b"<"


def marks(body: bytes) -> list[str]:
    """Return which of the `MARKS` a page has, each once."""
    found = {name for match in _MARKS.findall(body) for name in match if name}
    return [name for name in MARKS if name.lower().encode() in {one.lower() for one in found}]


def answer_in(url: str, body: bytes) -> dict[str, Any]:
    """Return the answer in *body*, or raise what there is instead: some `PageError`.

    The error is looked at before the data: a refusal may come with status 200, and with both.
    """
    refuse_address(url)
    if is_html(body):
        refuse_marks(url, body)
        raise UpstreamError(url, "the page made no call for its data, or none was answered")
    try:
        data = from_json(body.removeprefix(BOM), allow_inf_nan=False)
    except ValueError as error:
        raise PageError(url, f"empty, cut or not JSON: {error}") from error
    if not isinstance(data, dict):
        raise PageError(url, "not an object")
    _refuse(url, data)
    return data


def refuse_address(url: str) -> None:
    """Raise BlockedError when the site led the visitor away, to a captcha or to a login."""
    path = urlsplit(url).path
    if path.startswith("/verify/"):
        raise BlockedError(url, f"led to {'/'.join(path.split('/')[:3])}")
    if path.startswith("/buyer/login"):
        raise LoginError(url, "led to a login")


def refuse_marks(url: str, body: bytes) -> None:
    """Raise BlockedError for a page that asks for a captcha or for a login."""
    if found := marks(body):
        error = BlockedError if "captcha" in found else LoginError
        raise error(url, f"the page shows {found[0]!r}")


def _refuse(url: str, data: dict[str, Any]) -> None:
    code = data.get("error")
    if any(value in (BLOCKED, str(BLOCKED)) for value in data.values()):
        raise BlockedError(url, f"the site says {BLOCKED}")
    if data.get("redirect_to_error_page") or data.get("action_type"):
        raise BlockedError(url, f"the site says {str(code)[:40]} and leads to another page")
    if str(data.get("error_msg")).lower() == "blocked":
        raise BlockedError(url, "the site says 'blocked'")
    if str(code) == str(PLACEHOLDER):
        raise MissingError(url, "a placeholder and no product")
    if code not in (None, 0) or isinstance(code, bool):
        _unknown(url, data)


def _unknown(url: str, data: dict[str, Any]) -> NoReturn:
    said = f"{data.get('error')!r} {data.get('error_msg') or ''}"
    raise PageError(url, f"an error that is not known: {said[:80].strip()}")


def _rewritten(body: bytes, kept: frozenset[str] | None = None) -> bytes:
    try:
        data = from_json(body.removeprefix(BOM), allow_inf_nan=False)
    except ValueError:
        return b""
    return to_json(_without(data if kept is None else _blocks(data, kept)))


def _blocks(data: Any, kept: frozenset[str]) -> Any:
    """Return *data* with the blocks that are *kept*, at the top and under ``data``."""
    if not isinstance(data, dict) or is_bare(data):
        return data
    found = {name: one for name, one in data.items() if name in kept or name.isdigit()}
    inner = found.get("data")
    if isinstance(inner, dict) and not is_bare(inner):
        found["data"] = {name: one for name, one in inner.items() if name in kept}
    return found


def is_bare(data: dict[str, Any]) -> bool:
    """Tell whether *data* is a product itself, as before there were blocks."""
    return "item" not in data and ("itemid" in data or "item_id" in data)


def _without(value: Any) -> Any:
    """Return *value* without private keys, however deep."""
    if isinstance(value, dict):
        return {name: _without(one) for name, one in value.items() if name not in PRIVATE}
    return [_without(one) for one in value] if isinstance(value, list) else value
