"""Profiles: by name, followers of an account, runs and their cost."""

from typing import Any

from crawlers.items.profiles import ApifyRun, Follow, Profile
from tests.api.reads.reading import NOON, Reads

COUNTS = ("rows_read", "kept", "others", "errors", "rejected")


async def put_followers(reads: Reads, count: int) -> None:
    """Store *count* followers of an account, of whom every third has no estimate."""
    genders: tuple[Any, ...] = (None, "female", "male", "unknown")
    for number in range(1, count + 1):
        who: dict[str, Any] = {"id": str(number), "username": f"User{number}"}
        await reads.put(
            Profile(platform="instagram", gender=genders[number % 4], **who),
            Follow(platform="instagram", account="nasa", profile_id=str(number)),
        )


async def test_a_profile_is_found_by_id_and_by_name_in_any_case(reads: Reads) -> None:
    await put_followers(reads, 3)
    assert (await reads.get("/profiles/instagram/2"))["username"] == "User2"
    rows = await reads.rows("/profiles", platform="instagram", username="USER3")
    assert [one["id"] for one in rows] == ["3"]
    assert len(await reads.rows("/profiles", limit=2)) == 3


async def test_the_followers_of_an_account_come_in_pages(reads: Reads) -> None:
    await put_followers(reads, 7)
    await reads.put(Follow(platform="instagram", account="esa", profile_id="4"))
    path = "/accounts/instagram/{}/followers".format
    rows = await reads.rows(path("NASA"), limit=3)
    assert [one["id"] for one in rows] == list("1234567")
    rows = await reads.rows(path("nasa"), limit=3, sort="-id")
    assert [one["id"] for one in rows] == list("7654321")
    assert [one["username"] for one in await reads.rows(path("esa"))] == ["User4"]


async def test_followers_are_counted_by_gender(reads: Reads) -> None:
    await put_followers(reads, 6)
    found = await reads.get("/accounts/instagram/nasa/statistics")
    counts = {n: found[n] for n in ("followers", "male", "female", "unknown", "not_estimated")}
    assert counts == {"followers": 6, "female": 2, "male": 2, "unknown": 1, "not_estimated": 1}


async def test_the_runs_of_an_account_say_what_they_cost(reads: Reads) -> None:
    def run(name: str, *accounts: str, **more: Any) -> ApifyRun:
        values: dict[str, Any] = dict.fromkeys(COUNTS, 0) | {
            "actor": "a/b", "dataset": "d", "attempt": 1, "status": "SUCCEEDED",
            "outcome": "complete", "max_items": 10, "max_cost_microusd": 5_000_000,
            "cost_microusd": 1234, "started_at": NOON,
        }  # fmt: skip
        return ApifyRun(id=name, accounts=accounts, **values | more)

    await reads.put(run("x", "nasa", "esa"), run("y", "esa"), run("z", "nasa", started_at=None))
    rows = await reads.rows("/apify-runs", account="NASA", limit=1)
    assert [(one["id"], one["cost_microusd"]) for one in rows] == [("x", 1234), ("z", 1234)]
    assert [one["id"] for one in await reads.rows("/apify-runs", limit=1)] == ["y", "x", "z"]
    assert (await reads.get("/apify-runs/y"))["accounts"] == ["esa"]
