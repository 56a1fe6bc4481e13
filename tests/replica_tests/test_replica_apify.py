"""The stand-in for Apify behaves as its documentation says, oddities included."""

import asyncio
import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.replica.apify import CAPS, ApifyReplica, ApifyWorld

ACTOR = "/v2/actors/some~actor/runs"
CAPPED = f"{ACTOR}?timeout=60&memory=128&maxItems=30&maxTotalChargeUsd=1"

TOKEN = ApifyWorld().token


async def call(
    site: ApifyReplica, path: str, value: Any = None, *, token: str = TOKEN
) -> tuple[int, Any, dict[str, str]]:
    """Return status, JSON and headers."""

    def ask() -> tuple[int, Any, dict[str, str]]:
        body = None if value is None else json.dumps(value).encode()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            with urlopen(Request(site.origin + path, body, headers)) as answer:  # noqa: S310 - loopback
                return answer.status, json.load(answer), dict(answer.headers)
        except HTTPError as error:
            return error.code, json.load(error), dict(error.headers)

    return await asyncio.to_thread(ask)


async def started(site: ApifyReplica, *accounts: str, limit: int = 10) -> dict[str, Any]:
    """Start a run and return it."""
    given = {"usernames": list(accounts), "resultsLimit": limit}
    status, answer, headers = await call(site, CAPPED, given)
    assert status == 201
    assert headers["Location"].endswith(answer["data"]["id"])
    run: dict[str, Any] = answer["data"]
    return run


async def test_rows_appear_while_the_run_goes_on_and_are_charged_up_to_the_cap() -> None:
    async with ApifyReplica(ApifyWorld(rows_per_s=30, cost_s=0.1)) as site:
        run = await started(site, "a1", "a2", "a3", "a4")
        path = f"/v2/datasets/{run['defaultDatasetId']}/items?offset=0&limit=1000&clean=1"
        early: list[dict[str, Any]] = []
        while not early:
            _, early, headers = await call(site, path)
        assert len(early) < 40
        assert headers["X-Apify-Pagination-Count"] == str(len(early))
        rows = early
        while len(rows) < 40:
            before = rows
            _, [*rows], _ = await call(site, path)
            assert rows[: len(before)] == before
        assert [row["sourceUsername"] for row in rows[::10]] == ["a1", "a2", "a3", "a4"]
        answer: dict[str, Any] = {"data": run}
        while answer["data"]["status"] == "RUNNING" or answer["data"]["usageTotalUsd"] < 0.003:
            _, answer, _ = await call(site, f"/v2/actor-runs/{run['id']}")
        assert answer["data"]["status"] == "SUCCEEDED"
        assert answer["data"]["usageTotalUsd"] == 0.003, "30 rows, as the cap says, and not 40"
        _, hidden, _ = await call(site, f"/v2/actor-runs/{run['id']}", token="")
        assert "usageTotalUsd" not in hidden["data"]


async def test_runs_are_listed_and_their_input_is_kept_and_they_can_be_ended() -> None:
    async with ApifyReplica(ApifyWorld(rows_per_s=0.1)) as site:
        first, second = await started(site, "a1"), await started(site, "a2")
        _, answer, _ = await call(site, f"{ACTOR}?desc=1&limit=1")
        assert [run["id"] for run in answer["data"]["items"]] == [second["id"]]
        store = f"/v2/key-value-stores/{first['defaultKeyValueStoreId']}/records/INPUT"
        _, given, _ = await call(site, store)
        assert given["usernames"] == ["a1"]
        await call(site, f"/v2/actor-runs/{first['id']}/abort", {})
        _, answer, _ = await call(site, f"/v2/actor-runs/{first['id']}")
        assert answer["data"]["status"] == "ABORTED"


async def test_empty_rows_are_looked_at_and_left_out() -> None:
    async with ApifyReplica(ApifyWorld(odd={"a1": "blank"})) as site:
        run = await started(site, "a1", "a2")
        await asyncio.sleep(0.01)
        path = f"/v2/datasets/{run['defaultDatasetId']}/items?limit=10"
        _, rows, headers = await call(site, f"{path}&clean=1")
        assert (rows, headers["X-Apify-Pagination-Count"]) == ([], "10")
        assert len((await call(site, path))[1]) == 10


async def test_errors_are_those_of_the_api_and_nobody_starts_without_caps() -> None:
    world = ApifyWorld(refusals=["platform-feature-disabled"], rate=3)
    async with ApifyReplica(world) as site:
        assert (await call(site, CAPPED, {}))[0] == 403
        for cap in CAPS:
            assert (await call(site, CAPPED.replace(cap, "x"), {}))[0] in {400, 429}
        assert (await call(site, "/v2/nothing"))[0] == 404
        status, answer, _ = await call(site, f"{ACTOR}?desc=1", token="wrong")  # noqa: S106 - it is
        assert (status, answer["error"]["type"]) == (401, "invalid-token")
        statuses = [(await call(site, f"{ACTOR}?desc=1"))[0] for _ in range(20)]
        assert 429 in statuses
        assert site.runs == []
