"""Collections, rules, channels and what happened, as the API takes and shows them."""

from datetime import datetime, time
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crawlers.alerts.wanted import Name, readable
from crawlers.items.products import Id, Platform
from crawlers.storage.collections import ProductId

PRODUCTS_MAX = 1000


class Shown(BaseModel):
    """What is made of a row with the same names."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, one: object) -> Self:
        """Show *one*."""
        return cls.model_validate(one)


class ProductRef(BaseModel):
    """A product, stored or not."""

    model_config = ConfigDict(extra="forbid")

    platform: Platform
    id: Id


class ProductList(BaseModel):
    """Products to put into a collection."""

    model_config = ConfigDict(extra="forbid")

    products: list[ProductRef] = Field(max_length=PRODUCTS_MAX)

    def ids(self) -> list[ProductId]:
        """Return them for the storage."""
        return [ProductId(one.platform, one.id) for one in self.products]


class CollectionRequest(ProductList):
    """A collection to make."""

    name: Name = Field(description="each name stands for one collection")
    products: list[ProductRef] = Field(default_factory=list, max_length=PRODUCTS_MAX)

    @field_validator("name")
    @classmethod
    def _is_readable(cls, value: str) -> str:
        return readable(value)


class CollectionOut(Shown):
    """A collection."""

    id: str
    name: str
    products: int = Field(description="how many")
    created_at: datetime


class CollectionPage(BaseModel):
    """All collections, by name."""

    collections: list[CollectionOut]


class MemberOut(Shown):
    """A product of a collection; null is what is not known of it yet."""

    platform: str
    id: str
    name: str | None
    price_minor: int | None
    currency: str | None
    availability: str | None
    added_at: datetime


class MemberPage(BaseModel):
    """Some products of a collection, by platform and id."""

    products: list[MemberOut]
    next: str | None = Field(description="the address of the next page; null on the last one")


class RuleOut(Shown):
    """A rule, as it was asked for."""

    id: str
    name: str
    kind: str
    platform: str | None
    product_id: str | None
    variant_id: str | None
    collection: str | None
    keyword: str | None
    region: str | None
    source: str | None
    each_variant: bool
    limit_minor: int | None
    currency: str | None
    percent: float | None
    hysteresis_percent: float
    cooldown_s: int
    per_day: int
    quiet_from: time | None
    quiet_to: time | None
    zone: str
    digest: str | None
    digest_at: time | None
    channels: list[str]
    is_paused: bool
    created_at: datetime


class RulePage(BaseModel):
    """All rules, by name."""

    rules: list[RuleOut]


class ChannelOut(Shown):
    """A channel. Its address is a secret, and not shown."""

    id: str
    name: str
    shown: str = Field(description="the service, and the host where that is no secret")
    per_day: int
    created_at: datetime


class ChannelPage(BaseModel):
    """All channels, by name."""

    channels: list[ChannelOut]


class DeliveryOut(BaseModel):
    """A message to one channel."""

    key: str = Field(description="the same whenever it is sent again")
    channel: str
    state: str = Field(description="waiting, sent, dead (given up) or left_out")
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    reason: str | None


class AlertOut(Shown):
    """What happened, and who was told."""

    id: int
    rule: str | None
    rule_name: str
    kind: str
    platform: str | None
    product_id: str | None
    variant_id: str | None
    job: str | None
    at: datetime = Field(description="when the price was seen, or the job ended")
    facts: dict[str, Any]
    created_at: datetime
    note: str | None = Field(description="why nobody is told")
    deliveries: list[DeliveryOut]


class AlertPage(BaseModel):
    """Some alerts, the newest first."""

    alerts: list[AlertOut]
    next: str | None = Field(description="the address of the next page; null on the last one")


Number = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
"""An id of a collection, a rule or a channel."""
