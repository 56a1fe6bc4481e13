"""TikTok Shop as a test sees it: the replica in its own process, crawls, and what they stored."""

from dataclasses import dataclass, field

from spiders.tiktok_shop.spider import TikTokShopSpider
from tests.crawls.source import Rows, Source
from tests.replica.market import Market
from tests.replica.tiktok_shop import TikTokShopWorld

ONLY_SOME = {
    "shops": ("location", "rating", "followers", "sold"),
    "products": ("ratings_by_stars",),
    "product_variants": ("sku",),
}
"""What only one generation of the pages tells."""


@dataclass
class TikTokShop(Source[TikTokShopWorld]):
    """The site, if there is one, and crawls into one database, by plain HTTP unless told else."""

    Spider = TikTokShopSpider
    World = TikTokShopWorld
    brisk = {"DOWNLOAD_DELAY": 0, "SIMULATED_CLOCK": 1}  # noqa: RUF012 - declared above
    given = {"fetch": "http"}  # noqa: RUF012 - the same

    market: Market = field(init=False)

    def __post_init__(self) -> None:
        """Know the same goods as the replica: they follow from the seed."""
        self.market = Market(self.world)

    def urls(self, *ids: str) -> str:
        """Return the addresses of products, by default of all."""
        return ",".join(map(address, ids or tuple(self.market.goods)))

    def at(self, clock: float) -> None:
        """Set the clock of the site, and of what the test knows of it."""
        self.site.control("clock", clock)
        self.market.now = clock

    @property
    def snapshots(self) -> Rows:
        """Product, variant, seconds since the beginning, price and stock of all snapshots."""
        return self.query(
            "select product_id, variant_id, extract(epoch from at)::bigint - %s, price_minor, stock"
            " from price_snapshots order by product_id, variant_id nulls first, at",
            self.world.begin,
        )


def address(product: str) -> str:
    """Return the address of a product's page."""
    return f"https://shop.tiktok.com/view/product/{product}?region=US&locale=en"
