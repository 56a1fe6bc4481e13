"""Profiles, followers of accounts, and what the runs that found them cost."""

from typing import Annotated, Literal, get_args

from fastapi import Path, Response
from pydantic import Field

from crawlers.api.problems import Problem
from crawlers.api.reads.definitions import KEY, Filter, each, listing_of, way
from crawlers.api.reads.filters import LowerText, at, lower
from crawlers.api.reads.lists import add_list, reading
from crawlers.api.reads.models import Count
from crawlers.api.reads.summed import Summed, TheDerived
from crawlers.api.reads.things import Thing, add_thing
from crawlers.api.state import PublicDatabase
from crawlers.items.profiles import ApifyRun, Gender, Profile
from crawlers.storage import followers

router = reading("/v1", "profiles")

Platform = Literal["instagram"]
PLATFORM = Filter(Platform, "the platform", ("t.platform",))
PROFILES = listing_of(
    Profile,
    way(by="id"),
    way("platform", "username", by="id"),
    filters={
        "platform": PLATFORM,
        "username": lower("the user name, in any case", "lower(t.username)"),
    },
    sorts={"id": KEY},
)
FOLLOWERS = listing_of(
    Profile,
    way(
        "platform",
        "account",
        by="id",
        source=each(
            "follows as f", "profiles as p where p.platform = f.platform and p.id = f.profile_id"
        ),
        key={"f.profile_id": str},
    ),
    filters={
        "platform": Filter(Platform, "the platform", ("f.platform",)),
        "account": lower("the user name of the account", "f.account"),
    },
    sorts={"id": KEY},
    name="follows",
)
RUNS = listing_of(
    ApifyRun,
    way(by="-started_at"),
    way("account", by="-started_at"),
    filters={
        "account": Filter(
            Annotated[LowerText, Field()], "runs that asked for this account", ("t.accounts",), "@>"
        )
    },
    sorts={"started_at": at("t.started_at", may_be_null=True)},
)

ACCOUNT = "/accounts/{platform}/{account}"
add_list(router, "/profiles", PROFILES, "Profiles")
add_thing(router, "/profiles/{platform}/{profile}", Thing(Profile), "A profile")
add_list(router, f"{ACCOUNT}/followers", FOLLOWERS, "The followers of an account")
add_list(router, "/apify-runs", RUNS, "Runs that were paid for, with what each cost")
add_thing(router, "/apify-runs/{run}", Thing(ApifyRun), "A run")


class Followers(Summed):
    """The stored followers of an account, by the gender that their first names tell."""

    platform: Platform
    account: str
    followers: Count
    male: Count
    female: Count
    unknown: Count = Field(description="whose first name says little")
    not_estimated: Count = Field(description="that were stored without an estimate")


@router.get(f"{ACCOUNT}/statistics", response_model=Followers)
async def read_followers(
    database: PublicDatabase,
    derived: TheDerived,
    platform: Annotated[Platform, Path()],
    account: Annotated[LowerText, Path()],
) -> Response:
    """Count the followers of an account that are stored, by the estimate of their gender."""
    what = {"platform": platform, "account": account}
    seen = await followers.version(database, what)
    if not seen.rows:
        raise Problem(404, "no followers of this account are stored")

    async def make() -> dict[str, object]:
        counts = await followers.genders(database, what)
        known = {name: counts.get(name, 0) for name in get_args(Gender)}
        total = sum(counts.values())
        return {**what, "followers": total, **known, "not_estimated": counts.get(None, 0)}

    return await derived.get(("followers", platform, account), seen, make)
