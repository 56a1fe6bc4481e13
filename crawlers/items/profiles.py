"""Profiles of people and whom they follow: what is stored of a person is what is named here."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from crawlers.items.base import Item, Record

ProfileId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,19}$")]
Username = Annotated[str, Field(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Gender = Literal["male", "female", "unknown"]


class Profile(Item):
    """Somebody's profile, as the list of an account's followers shows it."""

    table: ClassVar[str] = "profiles"
    identity: ClassVar[tuple[str, ...]] = ("platform", "id")
    merges: ClassVar[bool] = True
    together: ClassVar[dict[str, tuple[str, ...]]] = {
        "gender": ("gender_confidence", "gender_method")
    }

    platform: Literal["instagram"]
    id: ProfileId
    username: Username
    full_name: str | None = None
    is_private: bool | None = None
    is_verified: bool | None = None
    gender: Gender | None = Field(
        None, description="an estimate by first name, never a fact; unknown where it says little"
    )
    gender_confidence: float | None = Field(
        None, description="probability of the gender that is named; of unknown none", ge=0, le=1
    )
    gender_method: str | None = Field(None, description="library, version and threshold")


class Follow(Item):
    """A profile follows an account."""

    table: ClassVar[str] = "follows"
    identity: ClassVar[tuple[str, ...]] = ("platform", "account", "profile_id")

    platform: Literal["instagram"]
    account: Username
    profile_id: ProfileId


class AccountProblem(Record):
    """Why a run brought nothing of an account. Null: the actor does not say of which."""

    account: Username | None
    reason: str


class ApifyRun(Item):
    """A run of an actor that was paid for: what was asked, how it ended, what it brought."""

    table: ClassVar[str] = "apify_runs"
    identity: ClassVar[tuple[str, ...]] = ("id",)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    actor: str
    dataset: str
    accounts: tuple[str, ...]
    attempt: Count = Field(description="1 for the first run of a batch of accounts")
    status: str = Field(description="in the platform's own words")
    outcome: Literal["running", "complete", "partial", "failed"]
    message: str | None = Field(None, description="what the actor says of itself")
    started_at: datetime | None = None
    finished_at: datetime | None = None
    max_items: Count = Field(description="rows that may be charged at the most")
    max_cost_microusd: Count = Field(description="millionths of a dollar, at the most")
    rows_read: Count = Field(description="of its dataset, repetitions included")
    kept: Count = Field(description="of these, rows that were stored")
    others: Count = Field(description="of these, profiles of another gender than was asked for")
    errors: Count = Field(description="of these, rows that say why there is nothing")
    rejected: Count = Field(description="of these, rows that could not be read: see quarantine")
    problems: tuple[AccountProblem, ...] | None = None
    cost_microusd: Count | None = Field(
        None, description="millionths of a dollar, as the platform says once it has ended"
    )
