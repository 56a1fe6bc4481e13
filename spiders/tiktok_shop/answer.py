"""What an answer of the site holds: the components of a page, or the reason why there are none."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

from pydantic_core import from_json

from crawlers.errors import BlockedError, MissingError, PageError, RegionError, UpstreamError
from crawlers.markup import title_in
from spiders.tiktok_shop.redaction import NOTICE, is_html, parts_of
from spiders.tiktok_shop.values import Block, block, blocks, text, whole

GUARDS: Final = ("waf_decision", "bot_info")
"""What a guard writes where it keeps the components back. A whole page has `bot_info` too."""
TOKEN_EXPIRED: Final = 100000


@dataclass(frozen=True, slots=True)
class Answer:
    """A page's components, and what else it says; *region* is two letters in lower case."""

    url: str
    components: list[Block] | None
    title: str = ""
    has_notice: bool = False
    region: str | None = None
    address: str | None = None
    old_product: Block = field(default_factory=dict)
    """Where the oldest pages have what others have in a component: the ``global_data``."""
    is_guarded: bool = False
    code: int | None = None

    def of_type(self, kind: str) -> list[Block]:
        """Return the data of the components of a type; their order differs from page to page."""
        found = [one for one in self.components or [] if one.get("component_type") == kind]
        return [block(one, "component_data") for one in found]

    @property
    def products(self) -> list[Block]:
        """The places where a page has its product, or says why it has none."""
        return [*self.of_type("product_info"), self.old_product]

    def product(self) -> Block:
        """Return the data of the one product of the page; raise why there is none."""
        found = [one for one in self.of_type("product_info") if is_product(one)]
        if not found and is_product(self.old_product):
            return self.old_product
        if len(found) > 1:
            raise PageError(self.url, f"expected one product, found {len(found)}")
        if not found:
            raise self.refusal(PageError(self.url, "no product, and no reason why"))
        return found[0]

    def lists(self) -> Iterator[tuple[str, list[Block]]]:
        """Yield the names and the cards of all lists of products, in the order of the page."""
        for one in self.components or []:
            name, data = text(one, "component_name") or "", block(one, "component_data")
            kinds = (name, text(one, "component_type") or "")
            if any(kind.startswith("feed_list") for kind in kinds) and "products" in data:
                yield name, blocks(data, "products")

    def refusal(self, otherwise: PageError) -> PageError:
        """Return why what was wanted is not here; *otherwise* where the site does not say."""
        said = [text(one, "error_message") or "" for one in self.products]
        if self.title.casefold().startswith("404 not found"):
            return MissingError(self.url, f"the page says {self.title[:80]!r}")
        if self.has_notice or NOTICE.search(" ".join(said).encode()):
            return RegionError(self.url, "not available in this country or region")
        if self.is_guarded and not self.components:
            return BlockedError(self.url, "a guard keeps the content back")
        if self.code == TOKEN_EXPIRED:
            return UpstreamError(self.url, "the token of this call has expired (code 100000)")
        codes = [code for one in self.products if (code := whole(one, "error_code"))]
        if code := self.code or next(iter(codes), None):
            return UpstreamError(self.url, f"the site answers with code {code}")
        return otherwise


def read_answer(url: str, body: bytes) -> Answer:
    """Read *body* as `redaction.redacted` left it; raise BlockedError for a captcha."""
    if not is_html(body):
        return _read_json(url, _json(body))
    shown, scripts = parts_of(body)
    title = unescape((title_in(shown) or b"").decode(errors="replace"))
    if title.casefold() == "security check":
        raise BlockedError(url, f"a captcha is in the way, {title!r}")
    if len(scripts) > 1:
        raise PageError(url, f"expected one __MODERN_ROUTER_DATA__, found {len(scripts)}")
    data = _json(scripts[0]) if scripts else {}
    return _read_json(url, data, title=title, has_notice=bool(NOTICE.search(shown)))


def _json(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(f"empty, cut or not JSON: {error}") from None


def _read_json(url: str, data: Any, **page: Any) -> Answer:
    """Read JSON in any of the forms in which it is captured."""
    if isinstance(data, list):
        return Answer(url, blocks({"components": data}, "components"), **page)
    if not isinstance(data, dict):
        raise TypeError("neither an object nor a list")
    if "loaderData" in data or "page_config" in data or any(name in data for name in GUARDS):
        return _of_route(url, _route(data), **page)
    if "component_data" in data:
        return Answer(url, [data], **page)
    if is_product(inner := block(data, "product_info")):
        data = inner
    if is_product(data):
        return Answer(url, [{"component_type": "product_info", "component_data": data}], **page)
    if "products" in (found := block(data, "data")):
        return Answer(url, [{"component_type": "feed_list", "component_data": found}], **page)
    return Answer(url, None, code=whole(data, "code"), **page)


def is_product(data: Block) -> bool:
    """Tell whether this is the data of a product's component, of any generation."""
    info = data.get("product_info")
    return isinstance(info, dict) and ("product_model" in info or "product_base" in info)


def _route(data: Block) -> Block:
    """Return what the page's route loaded; the name of a route says nothing."""
    if "loaderData" not in data:
        return data
    loaded = [one for one in block(data, "loaderData").values() if isinstance(one, dict)]
    whole_ones = [one for one in loaded if block(one, "page_config").get("components_map")]
    if len(whole_ones) > 1:
        raise ValueError(f"expected one route with components, found {len(whole_ones)}")
    guarded = [one for one in loaded if any(name in one for name in GUARDS)]
    return next(iter(whole_ones + guarded + loaded), {})


def _of_route(url: str, route: Block, **page: Any) -> Answer:
    config = block(route, "page_config")
    region = text(block(route, "region_info"), "path_region")
    return Answer(
        url,
        _components(config.get("components_map")),
        region=region.lower() if region else None,
        address=text(block(route, "route_info"), "request_url"),
        old_product=block(block(config, "global_data"), "product_info"),
        is_guarded=any(name in route for name in GUARDS),
        **page,
    )


def _components(found: Any) -> list[Block] | None:
    """Return the components: of a list, or of an object by their names."""
    if isinstance(found, dict):
        found = [
            {"component_type": name} | one if isinstance(one, dict) else one
            for name, one in found.items()
        ]
    return blocks({"components_map": found}, "components_map") if found else None
