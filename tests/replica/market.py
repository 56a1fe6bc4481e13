"""The goods that stand-ins for shops sell: prices and stock change on a simulated clock.

Everything follows from the seed, so that tests can say what a crawl at some time must find.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zlib import crc32

from tests.replica.described import JsonWorld

DAY_S = 24 * 3600
QUARTERS = 4
HORIZON_DAYS = 400
DAYS = tuple((day, str(day).encode()) for day in range(1, HORIZON_DAYS))
NOUNS = ("Bottle", "Lamp", "Jacket", "Cable", "Teapot", "Brush", "Notebook", "Fan")
COLOURS = ("red", "blue", "green", "black")
SIZES = ("S", "M", "L")


@dataclass
class MarketWorld(JsonWorld):
    """What is for sale; JSON with `from_json`. *odd* says what is in the way, by product id."""

    products: int = 24
    shops: int = 3
    region: str = "sg"
    currency: str = "SGD"
    seed: int = 1
    begin: int = 1_767_225_600
    """When the clock begins: epoch seconds, the midnight before 2026-01-01 in UTC."""
    changes_per_day: float = 0.1
    """Share of the products whose prices change on a day."""
    first_id: int = 20_000_000_000_000_000
    """Above 2^53, as real ids are."""
    odd: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Offer:
    """A variant at some time. Money is in minor units."""

    id: str
    options: tuple[str, ...]
    price: int
    list_price: int
    stock: int
    sold: int


class Market:
    """The goods of a world, and the clock."""

    def __init__(self, world: MarketWorld) -> None:
        """Begin at the beginning of *world*."""
        self.world = world
        self.now = float(world.begin)

    @cached_property
    def goods(self) -> dict[str, "Good"]:
        """All products, by id."""
        found = (Good(self.world, number) for number in range(self.world.products))
        return {good.id: good for good in found}

    @cached_property
    def shops(self) -> dict[str, str]:
        """Names of the shops, by id."""
        return {shop_id(self.world, number): f"Shop {number}" for number in range(self.world.shops)}

    def of_shop(self, shop: str) -> list["Good"]:
        """Return the products of a shop."""
        return [good for good in self.goods.values() if good.shop == shop]

    def found(self, keyword: str) -> list["Good"]:
        """Return the products whose name has *keyword* in it; all for ``*``."""
        wanted = keyword.lower()
        found = self.goods.values()
        return [good for good in found if wanted == "*" or wanted in good.name.lower()]


class Good:
    """One product; what changes about it is asked for with a time in epoch seconds."""

    def __init__(self, world: MarketWorld, number: int) -> None:
        """Make the product *number* of *world*."""
        self.world = world
        self.number = number
        self.id = str(world.first_id + number)
        self.shop = shop_id(world, number % world.shops)
        self.name = f"{NOUNS[number % len(NOUNS)]} No. {number}"
        self.variants = 1 + number % 3

    @cached_property
    def changes(self) -> list[int]:
        """When its prices change: at the beginning of quarters of days, in epoch seconds."""
        often = round(self.world.changes_per_day * 1000)
        own = crc32(f"{self.world.seed}:{self.number}:".encode())
        return [
            self.world.begin + day * DAY_S + chance % QUARTERS * DAY_S // QUARTERS
            for day, written in DAYS
            if (chance := crc32(written, own)) // 7 % 1000 < often
        ]

    def level(self, at: float) -> int:
        """Return how many changes there have been."""
        return bisect_right(self.changes, at)

    def offers(self, at: float) -> list[Offer]:
        """Return its variants as they are *at* that time."""
        return [self._offer(variant, at) for variant in range(self.variants)]

    def sold(self, at: float) -> int:
        """Return how many have been sold, of all variants."""
        return sum(offer.sold for offer in self.offers(at))

    def _offer(self, variant: int, at: float) -> Offer:
        level, days = self.level(at), max(0, int(at - self.world.begin) // DAY_S)
        list_price = 1000 * (1 + self.number % 50) + 1000 * variant
        percent = 50 + (level * 17 + self.number * 5) % 41  # neighbouring levels differ
        is_out = (self.number * 3 + variant + level) % 11 == 0
        colour = COLOURS[variant % len(COLOURS)]
        return Offer(
            id=str(int(self.id) * 10 + variant),
            options=(colour, SIZES[self.number % len(SIZES)]) if self.variants > 1 else (),
            price=list_price * percent // 100,
            list_price=list_price,
            stock=0 if is_out else 5 + (self.number + level * 13 + variant) % 200,
            sold=self.number + variant + days,
        )


def shop_id(world: MarketWorld, number: int) -> str:
    """Return the id of a shop."""
    return str(world.first_id // 10 + number)


def facts(good: Good, at: float) -> dict[str, Any]:
    """Return what a crawl of *good* must store of its price at that time: columns of `products`."""
    offers = good.offers(at)
    cheapest = min(offers, key=lambda offer: offer.price)
    return {
        "price_minor": cheapest.price,
        "price_max_minor": max(offer.price for offer in offers),
        "list_price_minor": cheapest.list_price,
        "currency": good.world.currency,
        "availability": "in_stock" if any(offer.stock for offer in offers) else "out_of_stock",
    }
