"""A rule as somebody asks for it, over HTTP or on the command line: checked in one place."""

from datetime import time
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from crawlers.items.products import Currency, Id, Minor, Platform, Region

Kind = Literal[
    "below", "above", "fall_percent", "new_lowest", "any_change", "out_of_stock", "back_in_stock",
    "job_ended", "job_failed",
]  # fmt: skip
Name = Annotated[str, Field(min_length=1, max_length=100)]
Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=7, decimal_places=4)]

OF_JOBS = {"job_ended", "job_failed"}
LIMITED = {"below", "above"}
CHANNELS_MAX = 10
DAY_S = 86_400


def readable(text: str) -> str:
    """Return *text*. Raises ValueError unless it is a line that people can read."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("letters that print, without spaces around them")
    return text


class RuleRequest(BaseModel):
    """When somebody is to be told, and how."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "cheap lamp",
                    "kind": "below",
                    "platform": "shopee",
                    "product_id": "20000000000000001",
                    "limit_minor": 1990,
                    "currency": "SGD",
                    "channels": [],
                },
                {"name": "bad news", "kind": "job_failed"},
            ]
        },
    )

    name: Name = Field(description="each name stands for one rule")
    kind: Kind = Field(
        description="below, above: a price at the limit or beyond it; fall_percent: since the "
        "highest price after the last alert; new_lowest: of at least three prices before; "
        "any_change: up or down, by *percent* at least; job_ended, job_failed: of your jobs"
    )
    platform: Platform | None = None
    product_id: Id | None = Field(None, description="a product to watch")
    variant_id: Id | None = Field(None, description="only this variant of it")
    collection: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="the id or the name of a collection to watch"
    )
    keyword: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="watch what a keyword has found"
    )
    region: Region | None = Field(None, description="of the keyword; default: all")
    source: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="of jobs; default: all"
    )
    each_variant: bool = Field(
        default=False, description="watch each variant, instead of the product's lowest price"
    )
    limit_minor: Minor | None = Field(
        None, description="below, above: in the currency's minor unit"
    )
    currency: Currency | None = Field(
        None, description="prices in others are left alone; default: each by itself"
    )
    percent: Percent | None = Field(None, description="fall_percent, any_change: at least so much")
    hysteresis_percent: Annotated[Decimal, Field(ge=0, le=50, max_digits=6, decimal_places=4)] = (
        Field(
            Decimal(0),
            description="below, above: so far beyond the limit a price must recover, before there "
            "is another alert",
        )
    )
    cooldown_s: int = Field(
        0, ge=0, le=90 * DAY_S, description="no other alert of the same product for so long"
    )
    per_day: int = Field(50, ge=1, le=10_000, description="alerts at most in a day of *zone*")
    quiet_from: time | None = Field(None, description="messages wait from here, hours and minutes")
    quiet_to: time | None = Field(None, description="to here, by the clock of *zone*")
    zone: Annotated[str, Field(max_length=64)] = Field(
        "UTC", description="a time zone such as Europe/Berlin"
    )
    digest: Literal["hourly", "daily"] | None = Field(
        None, description="one message for all alerts of an hour or a day"
    )
    digest_at: time | None = Field(None, description="of a daily digest; default: 08:00")
    channels: list[Annotated[str, Field(max_length=100)]] = Field(
        default_factory=list,
        max_length=CHANNELS_MAX,
        description="ids of channels; without any, alerts are in the history only",
    )

    @field_validator("name", "keyword")
    @classmethod
    def _is_readable(cls, value: str | None) -> str | None:
        return None if value is None else readable(value)

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, LookupError):
            raise ValueError("no time zone, such as Europe/Berlin") from None
        return value

    @field_validator("quiet_from", "quiet_to", "digest_at")
    @classmethod
    def _is_to_the_minute(cls, value: time | None) -> time | None:
        if value is not None and (value.tzinfo or value.second or value.microsecond):
            raise ValueError("hours and minutes only, such as 22:00")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> "RuleRequest":
        for field, problem in self._problems():
            raise PydanticCustomError("together", "{problem}", {"problem": problem, "field": field})
        return self

    def _problems(self) -> list[tuple[str, str]]:
        """Return what does not go together, each with the field to look at first."""
        watched = [self.product_id, self.collection, self.keyword]
        count = sum(one is not None for one in watched)
        is_of_jobs = self.kind in OF_JOBS
        has_limit = self.limit_minor is not None
        told = {
            ("product_id", "watch one thing: a product, a collection or a keyword"): not is_of_jobs
            and count != 1,
            ("product_id", "jobs have no product, collection or keyword"): is_of_jobs and count > 0,
            ("kind", "jobs have no price"): is_of_jobs
            and (has_limit or self.percent or self.currency),
            ("source", "only jobs have a source"): self.source and not is_of_jobs,
            ("platform", "a product has a platform"): self.product_id and not self.platform,
            ("variant_id", "a variant is one of a product"): self.variant_id
            and not self.product_id,
            ("region", "a region is one of a keyword"): self.region and not self.keyword,
            ("each_variant", "say one variant or each_variant"): self.variant_id
            and self.each_variant,
            ("limit_minor", "below and above need a limit and its currency"): self.kind in LIMITED
            and not (has_limit and self.currency),
            ("limit_minor", "only below and above have a limit"): self.kind not in LIMITED
            and has_limit,
            ("hysteresis_percent", "only below and above have a hysteresis"): self.kind
            not in LIMITED
            and self.hysteresis_percent,
            ("percent", "fall_percent needs percent"): self.kind == "fall_percent"
            and not self.percent,
            ("percent", "only fall_percent and any_change have percent"): self.percent
            and self.kind not in {"fall_percent", "any_change"},
            ("quiet_from", "quiet hours have a beginning and an end"): (self.quiet_from is None)
            != (self.quiet_to is None),
            ("quiet_from", "quiet hours that begin when they end are none"): self.quiet_from
            is not None
            and self.quiet_from == self.quiet_to,
            ("digest_at", "only a daily digest has digest_at"): self.digest_at
            and self.digest != "daily",
            ("platform", "a platform is one of a product or a keyword"): self.platform
            and not (self.product_id or self.keyword),
        }
        return [problem for problem, is_so in told.items() if is_so]

    def columns(self) -> dict[str, Any]:
        """Return the values of the columns of the same names."""
        return self.model_dump()


class ChannelRequest(BaseModel):
    """Where messages are to go."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "me", "address": "jsons://hooks.example.org/alerts"}]
        },
    )

    name: Name = Field(description="each name stands for one channel")
    address: SecretStr = Field(
        max_length=2000,
        description="of apprise: mailto://, jsons:// (a webhook), slack://, ...; never shown again",
    )
    per_day: int = Field(200, ge=1, le=10_000, description="messages at most in a day (UTC)")

    @field_validator("name")
    @classmethod
    def _is_readable(cls, value: str) -> str:
        return readable(value)
