"""Links that show one job to whoever has them."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.serving import Api, until
from tests.crawls.site import site
from tests.jobs.errands import Errands


def job_of(client: httpx.Client, **body: Any) -> str:
    """Hand in a job and return its name."""
    job = {"source": "errand", "units": ["/1", "/2"]} | body
    return str(client.post("/v1/jobs", json=job).raise_for_status().json()["id"])


def link_to(client: httpx.Client, job: str, **body: Any) -> dict[str, Any]:
    """Make a link to *job*."""
    answer = client.post(f"/v1/jobs/{job}/links", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_link_shows_a_job_and_its_results_without_a_key(api: Api) -> None:
    client = await asyncio.to_thread(api.client, "jobs")
    async with site() as one:
        job = job_of(client, arguments={"origin": one.origin})
        errands = Errands.at(api.config.home, api.database_url)
        assert (await errands.crawl(job)).returncode == 0
    link, stranger = link_to(client, job), api.client()
    shown = stranger.get(link["address"]).json()
    assert (shown["id"], shown["state"], shown["done_share"]) == (job, "completed", 1)
    assert "arguments" not in shown
    first = stranger.get(shown["results"], params={"limit": 1}).json()
    rest = stranger.get(first["next"]).json()
    ratings = [one["row"]["rating"] for one in first["results"] + rest["results"]]
    assert sorted(ratings) == [1, 2]


def test_a_link_shows_nothing_but_its_job(api: Api) -> None:
    client, stranger = api.client("jobs"), api.client()
    job, other = job_of(client), job_of(client)
    token = link_to(client, job)["address"].rpartition("/")[2]
    for address in (f"/v1/jobs/{job}", f"/v1/jobs/{job}/results", f"/v1/jobs/{other}", "/v1/jobs"):
        assert stranger.get(address).status_code == 401
        shown = stranger.get(address, headers={"Authorization": f"Bearer {token}"})
        assert shown.status_code == 401
    assert stranger.post(f"/v1/shared/{token}").status_code == 401


def test_a_link_that_was_revoked_shows_nothing(api: Api) -> None:
    client, stranger = api.client("jobs"), api.client()
    job = job_of(client)
    gone, kept = link_to(client, job), link_to(client, job)
    listed = client.get(f"/v1/jobs/{job}/links").json()["links"]
    assert [link["id"] for link in listed] == [gone["id"], kept["id"]]
    assert client.delete(f"/v1/jobs/{job}/links/{gone['id']}").status_code == 204
    assert stranger.get(gone["address"]).status_code == 404
    assert stranger.get(f"{gone['address']}/results").status_code == 404
    assert stranger.get(kept["address"]).status_code == 200
    listed = client.get(f"/v1/jobs/{job}/links").json()["links"]
    assert [link["id"] for link in listed] == [kept["id"]]


def test_a_link_that_has_expired_shows_nothing(api: Api) -> None:
    client, stranger = api.client("jobs"), api.client()
    link = link_to(client, job_of(client), days=1)
    assert stranger.get(link["address"]).status_code == 200
    api.execute("update share_links set expires_at = now()")
    assert stranger.get(link["address"]).status_code == 404


def test_only_who_may_see_a_job_may_share_it(api: Api) -> None:
    client, other = api.client("jobs"), api.client("jobs")
    job = job_of(client)
    link = link_to(client, job)
    assert other.post(f"/v1/jobs/{job}/links", json={}).status_code == 404
    assert other.get(f"/v1/jobs/{job}/links").status_code == 404
    assert other.delete(f"/v1/jobs/{job}/links/{link['id']}").status_code == 404
    theirs = job_of(other)
    assert other.delete(f"/v1/jobs/{theirs}/links/{link['id']}").status_code == 404
    assert api.client().get(link["address"]).status_code == 200


def test_of_a_token_only_its_hash_is_kept_and_no_log_shows_it(api: Api) -> None:
    client = api.client("jobs")
    link = link_to(client, job_of(client))
    assert api.client().get(link["address"]).status_code == 200
    token = link["address"].rpartition("/")[2]
    assert token not in str(api.ask("select array_agg(l::text) from share_links as l"))
    until(lambda: "/v1/shared/***" in api.log.read_text())
    assert token not in api.log.read_text()


@pytest.mark.parametrize("token", ["crs_", "crs_" + "a" * 43, "a" * 400, "%2e%2e"])
def test_what_is_no_link_shows_nothing(api: Api, token: str) -> None:
    assert api.client().get(f"/v1/shared/{token}").status_code in {404, 422}
