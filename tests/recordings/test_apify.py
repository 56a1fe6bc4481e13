"""What is known of Apify: rows of every actor, errors, runs and pages, each read as it stands."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_json

from crawlers.errors import PageError
from spiders.instagram.actors import ACTORS, USELESS
from spiders.instagram.answers import ApiError
from spiders.instagram.fields import NESTED, SEEDS
from spiders.instagram.pages import ENDED, GOING_ON, FollowersPage, RunPage
from spiders.instagram.refusals import FATAL, GONE, LATER
from spiders.instagram.rows import Follower, Problem, Stranger

API = "https://api.apify.com"
ALIASES = {
    "user_id": "id",
    "username": "username",
    "full_name": "full_name",
    "is_private": "is_private",
    "is_verified": "is_verified",
}


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / "apify" / name).read_text())


def page_of(rows: object) -> FollowersPage:
    body = to_json(rows)
    return FollowersPage(f"{API}/v2/datasets/x/items", FollowersPage.redact(body))


def test_rows_of_every_actor_are_read_field_by_field(recordings: Path, report: list[str]) -> None:
    found = read(recordings, "instagram_follower_rows_synthetic.json")
    aliases, count = found["canonical_aliases"], 0
    for name, actor in found["actors"].items():
        assert name in ACTORS or name in USELESS, name
        for row in [*actor.get("rows", ()), *actor.get("rows_snake_case_variant", ())]:
            [one] = page_of([row]).rows()
            kind = str(row.get("type", "")).lower()
            if "following_of" in row or "following_user" in row or kind == "following":
                assert isinstance(one, Stranger), row
            else:
                assert isinstance(one, Follower), row
                check(row, one, aliases)
            count += 1
    report.append(f"apify: {count} rows of actors")
    assert count == 10


def check(row: dict[str, Any], one: Follower, aliases: dict[str, list[str]]) -> None:
    """Compare by the alias table of the recordings, and not by ours."""
    person = next((row[key] for key in aliases["nested_under"] if key in row), row)
    for canonical, field in ALIASES.items():
        [value] = {person[key] for key in aliases[canonical] if key in person}
        expected = str(value) if field == "id" else value
        assert getattr(one.profile, field) == expected, (field, row)
    seeds = {row[key] for key in aliases["seed_username"] if key in row}
    seeds |= {"synthetic_brand"} if "instagramUrl" in row else set()
    assert {one.account} - {None} == seeds


def test_the_alias_tables_are_the_same(recordings: Path) -> None:
    aliases = read(recordings, "instagram_follower_rows_synthetic.json")["canonical_aliases"]
    assert set(aliases["seed_username"]) == set(SEEDS)
    assert set(aliases["nested_under"]) == set(NESTED)


def test_the_row_of_an_error_is_one(recordings: Path) -> None:
    actors = read(recordings, "instagram_follower_rows_synthetic.json")["actors"]
    row = actors["apify/instagram-followers-following-scraper"]["error_row"]
    assert list(page_of([row]).rows()) == [Problem(None, "no_items: Profile is private")]


def test_inputs_are_those_that_callers_send(recordings: Path) -> None:
    actors = read(recordings, "instagram_follower_rows_synthetic.json")["actors"]
    for name, actor in ACTORS.items():
        seen = [actors[name].get("input"), *actors[name].get("input_variants_seen", ())]
        if any(seen):
            limit = next(one[key] for one in seen if one for key in actor.limits if key in one)
            assert actor.input(["synthetic_brand"], limit) in seen


def test_every_error_is_an_error_with_its_type(recordings: Path, report: list[str]) -> None:
    errors = read(recordings, "error_responses.json")
    for one in errors:
        with pytest.raises(ApiError) as caught:
            RunPage(API, to_json(one["body"])).run()
        assert caught.value.kind == one["body"]["error"]["type"]
    report.append(f"apify: {len(errors)} errors")


def test_every_error_that_means_more_is_one_of_the_api(recordings: Path) -> None:
    known = set((recordings / "apify" / "error_types.txt").read_text().split())
    # Told by callers and by live answers, and missing from the list.
    told = {"not-enough-usage-to-run-paid-actor", "x402-payment-required"}
    assert {*FATAL, *LATER, *GONE} - known - told == set()


def test_runs_are_read_from_start_to_end(recordings: Path) -> None:
    answers = [
        *read(recordings, "run_poll_sequence.json"),
        read(recordings, "run_start_response.json"),
    ]
    runs = [RunPage(API, to_json(answer)).run() for answer in answers]
    assert [run.status for run in runs] == ["RUNNING", "RUNNING", "SUCCEEDED", "RUNNING"]
    assert {run.status for run in runs} <= GOING_ON | ENDED
    assert {(run.id, run.dataset, run.store) for run in runs} == {
        ("test_run_id", "test_dataset_id", "test_kvs_id")
    }
    assert runs[2].message == "Final message"
    assert runs[0].cost_microusd is None


def test_a_dataset_of_something_else_is_no_list_of_followers(recordings: Path) -> None:
    body = read(recordings, "dataset_items_response.json")["body"]
    rows = list(page_of(body).rows())
    assert [type(row) for row in rows] == [Stranger, Stranger]
    with pytest.raises(PageError):
        list(page_of({"data": body}).items())
