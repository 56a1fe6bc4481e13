"""Pages and answers that a user saved: which page class reads each, and under which address."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from crawlers.captures import Capture
from crawlers.errors import CrawlersError
from crawlers.page import FOREIGN
from spiders.tiktok_shop.addresses import HOSTS, cleaned, keyword_in, product_id_in
from spiders.tiktok_shop.answer import Answer, is_product, read_answer
from spiders.tiktok_shop.cards import address_of
from spiders.tiktok_shop.product import product_id
from spiders.tiktok_shop.redaction import redacted
from spiders.tiktok_shop.values import block

Kind = Literal["product", "keyword", "list"]


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved answer; *is_whole* where it has the content that was asked for."""

    name: str
    kind: Kind
    url: str | None
    is_whole: bool
    at: float
    """When it was answered: epoch seconds."""


def saved_pages(captures: Iterable[Capture]) -> Iterator[Saved]:
    """Yield what is in *captures*.

    A browser may have asked several times before it was let in: of one HAR's answers for a page
    those count that are whole, or else the last.
    """
    rivals: dict[tuple[str, str | None], list[Saved]] = {}
    for capture in captures:
        page = _saved(capture)
        rivals.setdefault((file_of(capture), page.url), []).append(page)
    for pages in rivals.values():
        yield from [page for page in pages if page.is_whole] or pages[-1:]


def file_of(capture: Capture) -> str:
    """Return the file that *capture* is in: itself, or a HAR."""
    return capture.name.rpartition("#")[0] if capture.url else capture.name


def _saved(capture: Capture) -> Saved:
    url = cleaned(capture.url) if capture.url else None
    try:
        answer = read_answer(url or "", redacted(capture.body))
        product = _product_in(answer)
        url = url or _own_address(answer) or (address_of(product) if product else None)
        lists = list(answer.lists())
    except (CrawlersError, *FOREIGN):
        kind = _kind_of(url, None, is_list=False)
        return Saved(capture.name, kind, url, is_whole=False, at=capture.at)
    is_whole = bool(product or lists)
    kind = _kind_of(url, product, is_list=bool(lists))
    return Saved(capture.name, kind, url, is_whole, capture.at)


def _product_in(answer: Answer) -> str | None:
    found = [block(one, "product_info") for one in answer.products if is_product(one)]
    return product_id(found[0]) if found else None


def _own_address(answer: Answer) -> str | None:
    """Return the address that a page knows of itself, if it is one of the site's."""
    is_ours = answer.address and urlsplit(answer.address).hostname in HOSTS
    return cleaned(answer.address) if answer.address and is_ours else None


def _kind_of(url: str | None, product: str | None, *, is_list: bool) -> Kind:
    if product or product_id_in(url or ""):
        return "product"
    if keyword_in(url or ""):
        return "keyword"
    return "list" if is_list or url else "product"
