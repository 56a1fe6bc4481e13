"""A product on a command line: what is none is a wrong use."""

from scrapy.exceptions import UsageError

from crawlers import product_names
from crawlers.product_names import Named


def read_product(word: str) -> Named:
    """Return the product that *word* names. Raises UsageError."""
    try:
        return product_names.read_product(word)
    except ValueError as error:
        raise UsageError(str(error)) from None


def read_one(word: str) -> tuple[str, str]:
    """Return platform and id of the product that *word* names. Raises UsageError."""
    try:
        return product_names.read_one(word)
    except ValueError as error:
        raise UsageError(str(error)) from None
