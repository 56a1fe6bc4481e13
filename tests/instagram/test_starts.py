"""Starts cost money: answers that are lost, errors of the API, and a token that is missing."""

import time
from typing import Any

import pytest

from tests.instagram.conftest import NewApify
from tests.instagram.site import Apify

START = "maxItems="


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut"},
        {"kind": "cut", "after": 20},
        {"kind": "answer", "status": 500, "text": '{"error":{"type":"internal","message":"x"}}'},
        {"kind": "answer", "status": 502, "text": "<html>Bad gateway</html>"},
        {"kind": "answer", "status": 200, "text": "not JSON"},
        {"kind": "answer", "status": 408, "text": ""},
    ],
)
def test_a_start_whose_answer_was_lost_is_looked_up_before_another_is_paid_for(
    apify: NewApify, fault: dict[str, object]
) -> None:
    api = apify(followers=10)
    api.site.add_fault(path=START, **fault)  # type: ignore[arg-type]
    api.stores(accounts="a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    assert len(api.runs) == 1
    assert len(api.asked("/records/INPUT")) == 1


def test_a_start_that_never_arrived_is_sent_again_after_looking_twice(apify: NewApify) -> None:
    api = apify(followers=10)
    api.stores(accounts="b1", max_followers=10)
    now_s = int(time.time())  # stands still: no look is left out because the machine is slow
    api.site.control("change", {"refusals": ["rate-limit-exceeded"], "date_s": now_s})
    api.site.add_fault("cut", START)  # the answer of a refusal: nothing was started
    api.stores(accounts="a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2", "b1")
    assert [run["input"]["usernames"] for run in api.runs] == [["b1"], ["a1", "a2"]]
    looks, begun_again = 2, 1
    assert len(api.asked("desc=1")) == 1 + 1 + looks + begun_again


def test_a_start_that_was_given_up_late_is_looked_for_as_often(apify: NewApify) -> None:
    api = apify(followers=10, refusals=["rate-limit-exceeded"])
    api.site.add_fault("stall", START)
    api.stores(accounts="a1,a2", max_followers=10, settings={"DOWNLOAD_TIMEOUT": 4})
    assert api.stored == api.followers("a1", "a2")
    looks, begun_again = 2, 1
    assert len(api.asked("desc=1")) == 1 + looks + begun_again


def test_who_finds_the_start_of_a_dead_crawl_begins_to_look(apify: NewApify) -> None:
    """However far that one had come with it: its last wait may have just begun."""
    api = apify(followers=10, refusals=["rate-limit-exceeded"])
    api.site.add_fault("cut", START)
    api.site.add_fault("stall", "desc=1", skip=2)
    with api.start(accounts="a1,a2", max_followers=10) as process:
        api.site.wait(begun=4)  # the list, the start, two looks
        process.kill()
        process.communicate()
    api.stores(accounts="a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    looks, begun_again = 2, 1
    assert len(api.asked("desc=1")) == 3 + looks + begun_again


@pytest.mark.parametrize(
    "delay_s",
    [pytest.param(0, marks=pytest.mark.slow), 0.4, pytest.param(1.5, marks=pytest.mark.slow)],
)
def test_two_crawls_of_the_same_accounts_pay_once(apify: NewApify, delay_s: float) -> None:
    """Without a job: somebody gives the command again while it runs, here on a slower machine."""
    api = apify(followers=10, endings=[("FAILED", 8), ("FAILED", 8)], start_s=5)
    with api.start(accounts="a1,a2", max_followers=10) as first:
        api.site.wait(begun=3)
        slow = {"DOWNLOAD_DELAY": delay_s}
        with api.start(accounts="a1,a2", max_followers=10, settings=slow) as second:
            for process in (first, second):
                _, said = process.communicate(timeout=120)
                assert process.returncode == 0, said
    assert api.stored == api.followers("a1", "a2")
    assert len(api.runs) == 3
    assert api.column("select key from marks where key like 'batch/%%' and value <> 'null'") == []


def test_runs_of_somebody_else_are_not_adopted(apify: NewApify) -> None:
    api = apify(followers=10)
    other = api.start(accounts="b1,b2", max_followers=9)
    api.site.add_fault("cut", START, times=2)
    api.stores(accounts="a1,a2", max_followers=10)
    with other:
        other.communicate(timeout=60)
    found = sorted(run["input"]["usernames"] for run in api.runs)
    assert found == [["a1", "a2"], ["b1", "b2"]]
    assert api.stored >= api.followers("a1", "a2")


@pytest.mark.parametrize(
    "kind",
    ["concurrent-runs-limit-exceeded", "actor-memory-limit-exceeded", "rate-limit-exceeded"],
)
def test_limits_of_the_account_are_waited_for(apify: NewApify, kind: str) -> None:
    api = apify(followers=10, refusals=[kind] * 3)
    api.stores(accounts="a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    assert len(api.runs) == 1
    assert len(api.asked(START)) == 4


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("not-enough-usage-to-run-paid-actor", "Apify: out of credit (not-enough-usage-to-run"),
        ("platform-feature-disabled", "Apify: out of credit (platform-feature-disabled: Monthly"),
        ("x402-payment-required", "Apify: APIFY_TOKEN is not accepted (x402-payment-required"),
        ("actor-is-not-rented", "Apify: the account may not run this actor (actor-is-not-rented"),
        ("schema-validation-error", "Apify: the actor does not take this input (schema-valid"),
        ("invalid-request", "Apify: the actor does not take this input (invalid-request: POST"),
        ("insufficient-permissions", "Apify: APIFY_TOKEN is not accepted (insufficient-perm"),
        ("max-total-charge-usd-below-minimum", "Apify: max_cost_usd is less than the actor"),
        ("record-not-found", "Apify: there is no such actor (record-not-found"),
    ],
)
def test_what_every_batch_would_meet_ends_the_crawl_in_one_line(
    apify: NewApify, kind: str, reason: str
) -> None:
    api = apify(followers=10, refusals=[kind] * 9)
    done = api.crawl(accounts="a1,a2,a3", batch=1, max_followers=10)
    assert done.returncode == 1, done.stderr
    assert "instagram: failed in" in done.stderr
    [line] = [line for line in done.stderr.splitlines() if "Stopping: " in line]
    assert reason in line
    assert api.runs == []


def test_out_of_credit_in_the_middle_keeps_what_came_and_goes_on_later(apify: NewApify) -> None:
    api = apify(followers=10, credit_microusd=1500, endings=[("FAILED", 15)])
    done = api.crawl(accounts="a1,a2,a3", max_followers=10)
    assert done.returncode == 1, done.stderr
    assert "Apify: out of credit" in done.stderr
    assert len(api.stored) == 15
    api.site.control("change", {"credit_microusd": 10**9})
    api.stores(accounts="a1,a2,a3", max_followers=10)
    assert api.stored == api.followers("a1", "a2", "a3")
    assert [run["input"]["usernames"] for run in api.runs] == [["a1", "a2", "a3"], ["a2", "a3"]]


def test_a_wrong_token_starts_nothing(apify: NewApify) -> None:
    api = apify()
    api.crawls.environment["APIFY_TOKEN"] = "wrong"  # noqa: S105 - known to nobody
    done = api.crawl(accounts="a1")
    assert done.returncode == 1, done.stderr
    assert "Apify: APIFY_TOKEN is not accepted (invalid-token" in done.stderr
    assert api.runs == []
    assert api.asked(START) == []


def test_without_a_token_nothing_begins(apify: NewApify) -> None:
    api = apify()
    del api.crawls.environment["APIFY_TOKEN"]
    done = api.crawl(accounts="a1")
    assert done.returncode == 2, done.stderr
    *_, line = done.stderr.splitlines()
    assert line == "scrapy crawl: set APIFY_TOKEN: a token of the account that pays for the runs"
    assert api.site.log == []


def test_every_start_has_every_cap(apify: NewApify) -> None:
    api = apify(followers=10, endings=[("FAILED", 5), ("TIMED-OUT", 3)])
    api.stores(accounts="a1,a2", max_followers=10, max_cost_usd="2.5")
    assert len(api.runs) == 3
    for run in api.runs:
        assert_capped(run)
    assert_sum(api)


def assert_capped(run: dict[str, Any]) -> None:
    assert run["query"].keys() == {"timeout", "memory", "maxItems", "maxTotalChargeUsd"}
    assert 0 < int(run["query"]["maxItems"]) <= 20
    assert 0 < float(run["query"]["maxTotalChargeUsd"]) <= 2.5
    assert int(run["query"]["memory"]) in {2**power for power in range(7, 16)}
    assert run["input"]["resultsLimit"] == 10


def assert_sum(api: Apify) -> None:
    assert api.bill["rows"] <= 20
