"""The arguments of ``scrapy crawl instagram``."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from crawlers.spider import CommaSeparated, SourceArguments
from spiders.instagram.actors import DEFAULT, Actor, actor_named

USERNAME: Final = re.compile(r"[A-Za-z0-9._]{1,30}")
MICRO: Final = 1_000_000


def usernames(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check the names by Instagram's own rule, and return each once, in lower case."""
    for name in value:
        if not USERNAME.fullmatch(name):
            raise ValueError(
                f"{name[:60]!r} is no account: expected up to 30 letters, digits, dots, underscores"
            )
    return tuple(dict.fromkeys(map(str.lower, value)))


def known_name(value: str) -> str:
    """Return the name of the actor as ``owner/name``."""
    return actor_named(value).name


class InstagramArguments(SourceArguments):
    """Whose followers, how many of them, and what they may cost."""

    units = ("accounts",)

    accounts: Annotated[CommaSeparated, AfterValidator(usernames)] = Field(
        (), description="names of accounts, separated by commas"
    )
    accounts_file: Path | None = Field(None, description="a file with one account a line")
    max_followers: int = Field(50, ge=1, le=10_000_000, description="of each account, at the most")
    gender: Literal["any", "male", "female"] = Field(
        "any", description="keep only profiles whose first name says so; the others are counted"
    )
    actor: Annotated[str, AfterValidator(known_name)] = Field(
        DEFAULT, description="the actor on Apify that lists the followers, OWNER/NAME"
    )
    batch: int = Field(50, ge=1, le=1000, description="accounts in one run of the actor")
    max_cost_usd: Decimal = Field(
        Decimal(5),
        gt=0,
        le=100_000,
        decimal_places=6,
        description="dollars that a batch of accounts may cost at the most, all its runs together",
    )
    max_age_days: int | None = Field(
        None, ge=0, description="ask again for accounts that were read longer ago than that"
    )

    @model_validator(mode="after")
    def _check(self) -> "InstagramArguments":
        if not self.accounts:
            raise ValueError("no accounts: give accounts=NAME,NAME or accounts_file=FILE")
        if not self.runs_of.names_account and self.batch != 1:
            raise ValueError(f"the rows of {self.actor} do not name their account: give batch=1")
        return self

    @property
    def runs_of(self) -> Actor:
        """The actor."""
        return actor_named(self.actor)

    @property
    def max_cost_microusd(self) -> int:
        """The cap in millionths of a dollar."""
        return int(self.max_cost_usd * MICRO)
