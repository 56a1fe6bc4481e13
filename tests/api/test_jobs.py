"""Jobs over HTTP: handed in, watched, collected, by whom they belong to."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from crawlers.api.job_results import safe_cell
from crawlers.config import Config
from tests.api.asking import handed_in, pages
from tests.api.serving import Api, serving, until
from tests.crawls.site import site
from tests.jobs.errands import Errands
from tests.redis_server import RedisServer


@pytest.fixture
def errands(api: Api) -> Errands:
    """Return workers on the API's database."""
    return Errands.at(api.config.home, api.database_url)


async def test_a_job_is_handed_in_watched_and_collected(api: Api, errands: Errands) -> None:
    client = await asyncio.to_thread(api.client, "jobs")
    async with site() as one:
        numbers = range(1, 31)
        job = handed_in(
            client,
            units=[f"/{number}" for number in numbers] + ["/1"],
            arguments={"origin": one.origin},
        )
        assert (job["state"], job["units"], job["done_share"]) == ("queued", {"open": 30}, 0)
        done = await errands.crawl(job["id"])
        assert done.returncode == 0, done.stderr
    found = client.get(job["links"]["self"]).json()
    assert (found["state"], found["reason"], found["done_share"]) == ("completed", None, 1)
    assert found["rows"] == {"chess_rating_points": 30}
    units = pages(client, job["links"]["units"] + "?limit=7", "units")
    assert [unit["name"] for unit in units] == [f"/{number}" for number in numbers]
    rows = pages(client, job["links"]["results"] + "?limit=7", "results")
    assert sorted(row["row"]["rating"] for row in rows) == list(numbers)
    assert {row["row"]["source"] for row in rows} == {"errand"}
    one_unit = pages(client, job["links"]["results"] + "?unit=/7", "results")
    assert [row["row"]["rating"] for row in one_unit] == [7]
    refused = client.get(job["links"]["results"] + "?unit=/700")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "query.unit"
    assert pages(client, job["links"]["results"] + "?table=products", "results") == []
    exported = client.get(f"/v1/jobs/{job['id']}/export").text.splitlines()
    assert [json.loads(line) for line in exported] == rows


async def test_a_stream_tells_of_every_change_until_the_end(api: Api, errands: Errands) -> None:
    client = await asyncio.to_thread(api.client, "jobs")
    async with site() as one:
        gate = one.gates["/2"] = asyncio.Event()
        arguments = {"origin": one.origin, "paths": "/1,/2"}
        job = handed_in(client, arguments=arguments)
        found: list[tuple[str, dict[str, Any]]] = []
        watching = asyncio.to_thread(watch, client, job["links"]["events"], found)
        told = asyncio.create_task(watching)
        await asyncio.to_thread(until, lambda: bool(found))
        worker = asyncio.create_task(errands.crawl(job["id"]))
        await one.until("/2")
        await asyncio.to_thread(until, lambda: len(found) > 1)
        gate.set()
        await asyncio.gather(worker, told)
    kinds = [kind for kind, _ in found]
    assert set(kinds[:-1]) == {"progress"}
    assert kinds[-1] == "end"
    assert len(found) >= 3
    shares = [data["done_share"] for _, data in found]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1], found[-1][1]["state"]) == (0, 1, "completed")


def watch(client: httpx.Client, address: str, found: list[tuple[str, dict[str, Any]]]) -> None:
    """Add the events of a stream to *found*, until it ends."""
    kind = ""
    with client.stream("GET", address) as answer:
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                found.append((kind, json.loads(value)))


def test_the_same_idempotency_key_is_the_same_job(api: Api) -> None:
    client = api.client("jobs")
    headers = {"Idempotency-Key": "once"}
    body = {"source": "errand", "units": ["/1"]}
    first = client.post("/v1/jobs", json=body, headers=headers).json()
    again = client.post("/v1/jobs", json=body, headers=headers).json()
    assert (first["is_new"], again["is_new"]) == (True, False)
    assert again["id"] == first["id"]
    other = client.post("/v1/jobs", json=body | {"units": ["/2"]}, headers=headers)
    assert other.status_code == 409
    assert "was used for another request" in other.json()["detail"]
    somebody = api.client("jobs").post("/v1/jobs", json=body, headers=headers).json()
    assert somebody["is_new"], "keys of others are others"
    assert api.ask("select count(*) from jobs") == 2


def test_of_many_with_one_idempotency_key_at_once_one_is_written(api: Api) -> None:
    client, headers = api.client("jobs"), {"Idempotency-Key": "race"}
    body = {"source": "errand", "units": [f"/{number}" for number in range(1, 2001)]}
    with ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(client.post, "/v1/jobs", json=body, headers=headers) for _ in range(8)
        ]
    found = [one.result().json() for one in asked]
    assert len({one["id"] for one in found}) == 1
    assert sum(one["is_new"] for one in found) == 1
    assert api.ask("select count(*) from job_units") == 2000


def test_jobs_are_cancelled_and_done_again(api: Api) -> None:
    client = api.client("jobs")
    job = handed_in(client, units=["/1", "/2"])
    cancelled = client.post(f"/v1/jobs/{job['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    assert cancelled.json()["units"] == {"cancelled": 2}
    again = client.post(f"/v1/jobs/{job['id']}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert again.json()["units"] == {"open": 2}
    twice = client.post(f"/v1/jobs/{job['id']}/retry")
    assert (twice.status_code, "has not ended" in twice.text) == (409, True)
    assert client.post("/v1/jobs/nobody/cancel").status_code == 404


def test_sources_say_what_they_take(api: Api) -> None:
    [source] = api.client("jobs").get("/v1/sources").json()["sources"]
    assert (source["name"], source["units"]) == ("errand", ["paths", "groups"])
    assert source["tables"] == ["chess_rating_points"]
    taken = source["arguments"]["properties"].keys()
    assert {"paths", "children"} <= taken
    assert not {"job", "origin"} & taken


def test_a_job_whose_successor_goes_on_is_not_done_again(api: Api) -> None:
    client = api.client("jobs")
    first, second = (handed_in(client, units=["/1"])["id"] for _ in range(2))
    client.post(f"/v1/jobs/{first}/cancel")
    api.execute("update jobs set flight = 'the same'")
    answer = client.post(f"/v1/jobs/{first}/retry")
    assert (answer.status_code, "has a successor" in answer.text) == (409, True)
    assert client.get(f"/v1/jobs/{second}").json()["state"] == "queued"


def test_lists_of_jobs_go_on_where_the_page_before_ended(api: Api) -> None:
    client = api.client("jobs")
    names = [handed_in(client, units=["/1"])["id"] for _ in range(5)]
    found = pages(client, "/v1/jobs?limit=2&source=errand&state=queued", "jobs")
    assert [job["id"] for job in found] == names[::-1]
    assert client.get("/v1/jobs?state=running").json()["jobs"] == []


async def test_a_cell_of_a_csv_file_runs_nothing(api: Api, errands: Errands) -> None:
    client = await asyncio.to_thread(api.client, "jobs")
    async with site() as one:
        job = handed_in(client, units=["/1"], arguments={"origin": one.origin})
        assert (await errands.crawl(job["id"])).returncode == 0
    api.execute("update chess_rating_points set player = '=1+1', source_url = '@x'")
    api.execute("update job_results set key[1] = '=1+1'")
    head, row = client.get(f"/v1/jobs/{job['id']}/export?format=csv").text.splitlines()
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert cells["player"] == "'=1+1"
    assert cells["source_url"] == "'@x"
    assert (cells["rating"], cells["unit"]) == ("1", "/1")


def test_what_a_source_that_is_gone_has_found_is_there_as_json_lines(api: Api) -> None:
    client = api.client("jobs")
    at = f"/v1/jobs/{handed_in(client, units=['/1'])['id']}"
    api.execute("update jobs set source = 'gone'")
    assert client.get(at).json()["source"] == "gone"
    refused = client.get(f"{at}/export?format=csv")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.format")
    assert client.get(f"{at}/export").status_code == 200


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("\xa0@x", "'\xa0@x"),
        ("\tx", "'\tx"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        (-5, -5),
        ([-5, None, 3], "-5 null 3"),
        (["=1", "b"], "'=1 b"),
        ([], ""),
        ({"a": None}, '{"a":null}'),
        ([{"a": "ü"}], '[{"a":"ü"}]'),
        (None, None),
    ],
)
def test_a_cell_shows_what_it_holds_and_runs_nothing(value: Any, cell: Any) -> None:
    assert safe_cell(value) == cell


def test_jobs_are_cancelled_and_done_again_while_redis_is_away(
    database_config: Config,
) -> None:
    settings = {"SPIDER_MODULES": "tests.jobs"}
    with (
        RedisServer() as redis,
        serving(database_config, settings=settings, REDIS_URL=redis.url) as api,
    ):
        client = api.client("jobs")
        at = f"/v1/jobs/{handed_in(client, units=['/1'])['id']}"
        redis.stop()
        assert client.post(f"{at}/cancel").status_code == 503
        assert client.get(at).json()["is_cancelling"], "its dispatcher ends it, once it can"
        redis.start()
        assert client.post(f"{at}/cancel").json()["state"] == "cancelled"
        redis.stop()
        assert client.post(f"{at}/retry").status_code == 503
        assert client.get(at).json()["state"] == "cancelled"
        redis.start()
        assert client.post(f"{at}/retry").json()["state"] == "queued"
