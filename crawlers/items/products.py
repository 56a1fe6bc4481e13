"""Products of shops: what each is, what it costs and how it sells, in one vocabulary for all sites.

An identity is the platform and its own id, as text: ids exceed 2^53. Money is an integer in the
minor unit of its ISO 4217 currency. Whatever a page does not say is null: never 0, never "".
Prices over time are in the table `price_snapshots`, which the database itself keeps.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from crawlers.items.base import Item, Record

Id = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,19}$")]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Minor = Annotated[int, Field(ge=0, lt=2**63)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Percent = Annotated[float, Field(ge=0, le=100)]
Stars = Annotated[float, Field(ge=0, le=5)]
Platform = Literal["shopee", "tiktok_shop"]
Availability = Literal["in_stock", "out_of_stock", "gone", "unknown"]
"""*unknown* is a status of the site that nobody here knows; null, where it says none."""


class Category(Record):
    """One of the platform's categories, from the widest to the narrowest."""

    id: Id
    name: str | None = None


class Attribute(Record):
    """Something that the seller says of a product."""

    name: Text
    value: str | None = None


class Shop(Item):
    """A seller. A product's page says less of it than its own, and takes nothing away."""

    table: ClassVar[str] = "shops"
    identity: ClassVar[tuple[str, ...]] = ("platform", "id")
    merges: ClassVar[bool] = True

    platform: Platform
    id: Id
    region: Region | None = Field(None, description="the country of the site, two letters")
    name: str | None = None
    username: str | None = None
    location: str | None = None
    rating: Stars | None = None
    ratings_good: Count | None = None
    ratings_normal: Count | None = None
    ratings_bad: Count | None = None
    followers: Count | None = None
    products_total: Count | None = None
    sold: Count | None = None
    response_rate_percent: Percent | None = None
    response_time_s: Count | None = None
    joined_at: datetime | None = None
    active_at: datetime | None = Field(None, description="last seen on the site")
    is_official: bool | None = None
    is_verified: bool | None = None
    is_preferred: bool | None = None
    is_cross_border: bool | None = None
    on_vacation: bool | None = None


class ProductVariant(Item):
    """One choice of a product: a colour, a size. Variants that are gone have no row any more."""

    table: ClassVar[str] = "product_variants"
    identity: ClassVar[tuple[str, ...]] = ("platform", "product_id", "id")
    replaced_by: ClassVar[tuple[str, ...]] = ("platform", "product_id")

    platform: Platform
    product_id: Id
    id: Id
    name: str | None = None
    options: tuple[Text, ...] | None = Field(None, description="what is chosen, tier by tier")
    sku: str | None = Field(None, description="the seller's own name for it")
    price_minor: Minor | None = Field(
        None, description="after the vouchers that everybody gets, where the page says so"
    )
    list_price_minor: Minor | None = Field(None, description="before the discount")
    currency: Currency | None = None
    stock: Count | None = Field(None, description="unknown is null, sold out is 0")
    sold: Count | None = None
    availability: Availability | None = None


class Product(Item):
    """A product. A card in a list says less of it than its own page, and takes nothing away."""

    table: ClassVar[str] = "products"
    identity: ClassVar[tuple[str, ...]] = ("platform", "id")
    merges: ClassVar[bool] = True
    together: ClassVar[dict[str, tuple[str, ...]]] = {
        "is_price_hidden": ("price_minor", "list_price_minor", "discount_percent", "currency")
    }
    lasts: ClassVar[dict[str, tuple[str, ...]]] = {"availability": ("stock",)}
    hidden_by: ClassVar[dict[str, tuple[str, ...]]] = {"is_price_hidden": ("price_max_minor",)}

    platform: Platform
    id: Id
    shop_id: Id | None = None
    region: Region | None = Field(None, description="the country of the site, two letters")
    name: str | None = None
    url: str | None = None
    price_minor: Minor | None = Field(
        None,
        description="the lowest of the variants, after the vouchers that everybody gets, where the"
        " page says so",
    )
    price_max_minor: Minor | None = Field(
        None, description="the highest of the variants, as its own page said last"
    )
    list_price_minor: Minor | None = Field(
        None, description="of what costs price_minor, before the discount"
    )
    discount_percent: Percent | None = Field(None, description="as the site shows it")
    currency: Currency | None = None
    is_price_hidden: bool | None = Field(
        None, description="whether the page keeps its price back: a riddle before a sale"
    )
    stock: Count | None = Field(None, description="unknown is null, sold out is 0")
    sold: Count | None = Field(None, description="since it is there")
    sold_recently: Count | None = Field(None, description="in about 30 days, as the site says")
    availability: Availability | None = None
    rating: Stars | None = None
    ratings_total: Count | None = None
    ratings_by_stars: tuple[Count, ...] | None = Field(None, description="of 1 to 5 stars")
    comments: Count | None = None
    liked: Count | None = None
    brand: str | None = None
    condition: Literal["new", "used"] | None = None
    categories: tuple[Category, ...] | None = None
    attributes: tuple[Attribute, ...] | None = None
    images: tuple[str, ...] | None = None
    description: str | None = None
    listed_at: datetime | None = None
    variants: tuple[ProductVariant, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_no_hidden_price(cls, given: dict[str, Any]) -> dict[str, Any]:
        is_told = given.get("price_minor") is not None
        return given | {"is_price_hidden": False} if is_told else given


class ProductKeyword(Item):
    """Where a product was last found by a keyword."""

    table: ClassVar[str] = "product_keywords"
    identity: ClassVar[tuple[str, ...]] = ("platform", "region", "keyword", "product_id")

    platform: Platform
    region: Region
    keyword: Text
    product_id: Id
    position: Count = Field(description="1 for the first, advertisements counted")
    is_ad: bool
