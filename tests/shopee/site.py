"""Shopee as a test sees it: the replica, crawls, and what they stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from spiders.shopee.spider import ShopeeSpider
from tests.crawls.source import Source
from tests.replica.market import Good, Market
from tests.replica.shopee import ShopeeWorld

SITE = "https://shopee.sg"


@dataclass
class Shopee(Source[ShopeeWorld]):
    """The site, if there is one, and crawls into one database."""

    Spider = ShopeeSpider
    World = ShopeeWorld
    also: ClassVar[tuple[str, ...]] = ("price_snapshots",)
    dropped: ClassVar[Mapping[str, Sequence[str]]] = {"price_snapshots": ("at",)}

    market: Market = field(init=False)

    def __post_init__(self) -> None:
        """Know the same market as the replica: it follows from the seed."""
        self.market = Market(self.world)

    def url(self, good: Good) -> str:
        """Return the address of a product's page, as people have it."""
        return f"{SITE}/{good.name.replace(' ', '-')}-i.{good.shop}.{good.id}"

    def urls(self, *goods: Good) -> str:
        """Return the addresses of *goods*, or of all, for the command line."""
        return ",".join(map(self.url, goods or self.market.goods.values()))

    @property
    def stored(self) -> set[str]:
        """The ids of the products that are stored."""
        return set(self.column("select id from products"))

    @property
    def asked(self) -> list[str]:
        """The calls that the site was asked for, in order."""
        return [target for target in self.targets if target.startswith("/api/")]
