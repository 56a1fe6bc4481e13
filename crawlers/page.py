"""A page: (url, redacted body) -> items and links. Pure: no clock, no network, no Scrapy."""

from collections.abc import Iterator
from typing import ClassVar, TypeVar
from urllib.parse import urljoin

from pydantic import ValidationError

from crawlers.errors import CrawlersError, ItemError, PageError
from crawlers.items.base import Ended, Item, Known, Reject, Unknown

Found = Item | Reject | Unknown | Known | Ended
T = TypeVar("T")

FOREIGN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What parsers of other people raise on input that they do not understand."""


class Page:
    """What was downloaded, and how to read it. Equal input gives equal output.

    A subclass overrides `read_items` and `read_links`; callers use `items` and `links`.
    """

    registry: ClassVar[dict[str, type["Page"]]] = {}
    """Every page class by ``<source>/<class name>``."""

    version: ClassVar[int] = 1
    """Raise it when the class reads something else from the same bytes: `scrapy reparse`."""

    is_list: ClassVar[bool] = False
    """Whether each item stands for itself, so that those read before an error are kept."""

    keep_raw: ClassVar[bool] = True
    """Whether the redacted body goes to the raw store."""

    def __init__(self, url: str, body: bytes) -> None:
        """Hold *body* as `redact` left it."""
        self.url = url
        self.body = body

    def __init_subclass__(cls) -> None:
        """Register a source's class, so that goldens and reparse find it; bases here are none."""
        if cls.__module__.split(".")[0] == "crawlers":
            return
        name = f"{cls.__module__.split('.')[-2]}/{cls.__name__}"
        if name in Page.registry:
            raise TypeError(f"two page classes are called {name}")
        Page.registry[name] = cls

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Remove private data. Only the result is hashed, kept, quarantined and parsed."""
        return body

    @classmethod
    def redact_url(cls, url: str) -> str:
        """Remove private data from the address that the site led to, which every row keeps."""
        return url

    def items(self) -> Iterator[Found]:
        """Yield what is on the page, in document order; raise PageError and its kin only."""
        return self._guarded(self.read_items())

    def links(self) -> Iterator[str]:
        """Yield the absolute addresses that the page leads to, in document order."""
        return self._guarded(self.read_links())

    def read_items(self) -> Iterator[Found]:
        """Override: the items."""
        return iter(())

    def read_links(self) -> Iterator[str]:
        """Override: the links."""
        return iter(())

    def absolute(self, href: str) -> str:
        """Resolve *href* against this page's own address."""
        return urljoin(self.url, href)

    def _guarded(self, found: Iterator[T]) -> Iterator[T]:
        try:
            yield from found
        except CrawlersError:
            raise
        except FOREIGN as error:
            raise translated(self.url, error) from error


def translated(url: str, error: Exception) -> PageError:
    """Turn a foreign *error* into ours; a validation error names field, value, expectation."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or error.title
        value = repr(first["input"])[:80]
        return ItemError(url, f"{error.title}.{field} is {value}: {first['msg']}")
    return PageError(url, f"{type(error).__name__}: {error}"[:300])
