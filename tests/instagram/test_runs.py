"""Runs that end early, are slow, or are not there yet; and what all of them cost."""

import json

import pytest

from tests.instagram.conftest import NewApify

ENDINGS = (
    "select attempt, status, outcome, max_items, kept, cost_microusd from apify_runs order by 1"
)


@pytest.mark.parametrize("status", ["FAILED", "TIMED-OUT", "ABORTED"])
def test_a_run_that_ends_early_keeps_its_rows_and_the_rest_is_asked_for(
    apify: NewApify, status: str
) -> None:
    api = apify(followers=10, endings=[(status, 25)], grace_s=0.3, rows_per_s=100)
    api.stores(accounts="a1,a2,a3,a4", max_followers=10)
    assert api.stored == api.followers("a1", "a2", "a3", "a4")
    assert [run["input"]["usernames"] for run in api.runs] == [
        ["a1", "a2", "a3", "a4"],
        ["a3", "a4"],
    ]
    assert [run["query"]["maxItems"] for run in api.runs] == ["40", "15"]
    assert [run["query"]["maxTotalChargeUsd"] for run in api.runs] == ["5", "4.9975"]
    assert api.query(ENDINGS) == [
        (1, status, "partial", 40, 25, 2500),
        (2, "SUCCEEDED", "complete", 15, 20, 1500),
    ]
    assert api.bill["rows"] == 40, "more was charged than for one whole run"


def test_after_three_retries_the_accounts_have_failed_and_others_go_on(apify: NewApify) -> None:
    api = apify(followers=10, odd={"a2": "fatal"})
    done = api.crawl(accounts="a1,a2,a3,a4", batch=2, max_followers=10)
    assert done.returncode == 3, done.stderr
    assert "1 refused (4 runs ended early (FAILED)" in done.stderr
    assert sorted(run["status"] for run in api.runs) == ["FAILED"] * 4 + ["SUCCEEDED"]
    assert [run["input"]["usernames"] for run in api.runs].count(["a2"]) == 3
    assert api.stored == api.followers("a1", "a3", "a4")
    failed = "select regexp_replace(key, '.*/', '') from marks where (value->>'failed')::bool"
    assert api.column(failed) == ["a2"]
    api.site.control("change", {"odd": {}})
    api.stores(accounts="a1,a2,a3,a4", batch=2, max_followers=10)
    assert api.stored == api.followers("a1", "a2", "a3", "a4")
    assert len(api.runs) == 6


def test_the_caps_end_the_retries(apify: NewApify) -> None:
    api = apify(followers=10, endings=[("FAILED", 8), ("FAILED", 5)])
    done = api.crawl(accounts="a1", max_followers=10)
    assert done.returncode == 3, done.stderr
    assert [run["query"]["maxItems"] for run in api.runs] == ["10", "2"]
    assert api.bill["rows"] == 10
    assert "as many rows were charged as one run may bring" in done.stderr
    assert len(api.stored) == 8


def test_a_run_that_its_money_ended_is_no_proof_that_accounts_are_empty(apify: NewApify) -> None:
    api = apify(followers=10, microusd_per_row=1000)
    done = api.crawl(accounts="a1,a2,a3", max_followers=10, max_cost_usd="0.0155")
    assert done.returncode == 3, done.stderr
    assert api.bill["microusd"] <= 15_500
    assert "max_cost_usd is spent" in done.stderr
    assert api.stored >= api.followers("a1")
    ended: dict[str, str] = dict(
        api.query(
            "select regexp_replace(key, '.*/', ''), value->>'failed' from marks"
            " where key like 'account/%%'"
        )
    )
    assert ended == {"a1": "false", "a2": "true", "a3": "true"}


def test_a_run_that_is_not_known_at_once_is_waited_for(apify: NewApify) -> None:
    api = apify(followers=5)
    gone = {"status": 404, "text": '{"error":{"type":"record-not-found","message":"No run"}}'}
    api.site.add_fault("answer", "/actor-runs/run00000000000001", times=4, **gone)
    api.stores(accounts="a1")
    assert api.stored == api.followers("a1")
    assert len(api.runs) == 1


def test_a_run_that_stays_unknown_is_given_up_and_paid_for_anew(apify: NewApify) -> None:
    api = apify(followers=5)
    gone = {"status": 404, "text": '{"error":{"type":"record-not-found","message":"No run"}}'}
    api.site.add_fault("answer", "/actor-runs/run00000000000001", times=6, **gone)
    api.stores(accounts="a1")
    assert api.stored == api.followers("a1")
    assert api.column("select status from apify_runs order by attempt") == ["ABORTED", "SUCCEEDED"]


def test_a_run_that_is_unknown_now_and_then_is_not_given_up(apify: NewApify) -> None:
    api = apify(followers=100, rows_per_s=50)
    gone = {"status": 404, "text": '{"error":{"type":"record-not-found","message":"No run"}}'}
    for at in range(7):
        api.site.add_fault("answer", "/actor-runs/run00000000000001", skip=at + 1, **gone)
    api.stores(accounts="a1", max_followers=100)
    assert api.stored == api.followers("a1")
    assert len(api.runs) == 1


def test_only_the_final_cost_is_booked(apify: NewApify) -> None:
    api = apify(followers=30, cost_s=0.1)
    api.stores(accounts="a1", max_followers=30)
    assert api.column("select cost_microusd from apify_runs") == [3000]


def test_a_status_that_nobody_knows_is_waited_through(apify: NewApify) -> None:
    api = apify(followers=30, rows_per_s=100)
    api.site.add_fault("answer", "/actor-runs/", status=200, text=shown("PAUSED"))
    said = api.stores(accounts="a1", max_followers=30)
    assert api.stored == api.followers("a1")
    assert "'unknown/run status/PAUSED': 1" in said


def test_a_run_that_is_resurrected_goes_on(apify: NewApify) -> None:
    api = apify(followers=30)
    api.site.add_fault("answer", "/actor-runs/", skip=1, status=200, text=shown("RUNNING"))
    api.stores(accounts="a1", max_followers=30)
    assert api.stored == api.followers("a1")
    assert len(api.asked("/actor-runs/")) == 4
    assert api.query("select status, rows_read from apify_runs") == [("SUCCEEDED", 30)]


def test_another_run_than_was_asked_for_is_not_read(apify: NewApify) -> None:
    api = apify(followers=30)
    other = shown("SUCCEEDED").replace("run0", "run9")
    api.site.add_fault("answer", "/actor-runs/", times=None, status=200, text=other)
    done = api.crawl(accounts="a1", max_followers=30)
    assert done.returncode == 3, done.stderr
    assert api.column("select error from quarantine") != []
    assert api.stored == set()


def shown(status: str) -> str:
    """Return the first run as the API shows it, with another status."""
    run = {"id": f"run{1:014}", "status": status, "startedAt": "2026-01-01T00:00:00Z"}
    stores = {"defaultDatasetId": f"dataset{1:010}", "defaultKeyValueStoreId": f"store{1:012}"}
    return json.dumps({"data": run | stores})


def test_limits_of_the_api_are_waited_for(apify: NewApify) -> None:
    api = apify(followers=10, rate=2, rows_per_s=10)
    api.stores(accounts="a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    assert 429 in {one["status"] for one in api.site.log}
    assert len(api.runs) == 1


def test_cut_answers_are_asked_for_again(apify: NewApify) -> None:
    api = apify(followers=1500)
    api.site.add_fault("cut", "/items", skip=1, times=2, after=5000)
    api.site.add_fault("answer", "/actor-runs/", times=2, status=502)
    api.stores(accounts="a1,a2", max_followers=1500)
    assert api.stored == api.followers("a1", "a2")
    assert api.column("select rows_read from apify_runs") == [3000]
