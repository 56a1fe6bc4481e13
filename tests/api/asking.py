"""What tests of jobs ask an API."""

from typing import Any

import httpx


def handed_in(client: httpx.Client, **body: Any) -> dict[str, Any]:
    """Hand in a job, and return what the API says of it."""
    answer = client.post("/v1/jobs", json={"source": "errand"} | body)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/jobs/{found['id']}"
    return found


def pages(client: httpx.Client, first: str, name: str) -> list[Any]:
    """Return what all pages from *first* on list."""
    found, following = [], first
    while following:
        page = client.get(following).raise_for_status().json()
        found += page[name]
        following = page["next"]
    return found
