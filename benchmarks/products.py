"""The item of the benchmarks: the same columns for every writer that is compared."""

from typing import ClassVar

from crawlers.items.base import Item


class BenchProduct(Item):
    """A card of the made-up shop."""

    table: ClassVar[str] = "bench_products"
    identity: ClassVar[tuple[str, ...]] = ("sku",)

    sku: str
    name: str
    price_minor: int
    rating: float
    votes: int
