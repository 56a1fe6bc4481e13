"""Whole crawls: what is stored, what is paid for, and what is never asked for again."""

import pytest

from tests.instagram.conftest import NewApify

RUN = """
select actor, accounts, attempt, status, outcome, max_items, max_cost_microusd, rows_read, kept,
       others, errors, rejected, problems, cost_microusd, finished_at >= started_at from apify_runs
"""


def test_followers_are_stored_once_and_an_account_is_paid_for_once(apify: NewApify) -> None:
    api = apify(followers=60)
    api.stores(accounts="A1,a2,a3,a1", max_followers=20, batch=2)
    assert api.stored == api.followers("a1", "a2", "a3", count=20)
    ids = {profile for _, profile in api.stored}
    assert set(api.column("select id from profiles")) == ids
    assert len(ids) == 3 * 18 + 2
    assert api.bill["rows"] == 60
    assert sorted(run["input"]["usernames"] for run in api.runs) == [["a1", "a2"], ["a3"]]
    api.stores(accounts="a3,a1,a2", max_followers=20, batch=2)
    assert len(api.runs) == 2
    api.stores(accounts="a3,a4", max_followers=20)
    assert [run["input"]["usernames"] for run in api.runs[2:]] == [["a4"]]


def test_old_accounts_are_asked_for_again_where_that_is_wanted(apify: NewApify) -> None:
    api = apify(followers=3)
    api.stores(accounts="a1,a2")
    api.stores(accounts="a1,a2", max_age_days=1)
    assert len(api.runs) == 1
    api.stores(accounts="a1,a2", max_age_days=0)
    assert len(api.runs) == 2
    assert api.stored == api.followers("a1", "a2")


def test_rows_are_read_while_the_run_goes_on_and_the_run_is_booked(apify: NewApify) -> None:
    api = apify(followers=1200, start_s=0.4, rows_per_s=1500, cost_s=0.1)
    api.stores(accounts="a1,a2", max_followers=1200, max_cost_usd="1.25")
    assert api.stored == api.followers("a1", "a2")
    assert api.query(RUN) == [
        (
            *("apify/instagram-followers-following-scraper", ["a1", "a2"], 1),
            *("SUCCEEDED", "complete", 2400, 1_250_000, 2400, 2400, 0, 0, 0, None, 240_000, True),
        )
    ]
    targets = [one["target"] for one in api.site.log]
    last_poll = max(at for at, target in enumerate(targets) if "/actor-runs/" in target)
    read = [
        at for at, target in enumerate(targets) if "/items" in target and "offset=0" not in target
    ]
    assert len(read) > 3
    assert read[0] < last_poll - 3, "rows were read only after the run had ended"


@pytest.mark.parametrize(
    ("shape", "actor", "accounts"),
    [
        ("snake", "scraping_solutions/instagram-scraper-followers-following-no-cookies", "Account"),
        ("camel", "dead00~instagram-followers-following-scraper-no-cookies", "usernames"),
        ("details", "somebody/nested-followers", "usernames"),
        ("snake", "somebody/flat-followers", "usernames"),
    ],
)
def test_actors_have_inputs_and_rows_of_their_own(
    apify: NewApify, shape: str, actor: str, accounts: str
) -> None:
    api = apify(followers=5, shape=shape)
    api.stores(accounts="a1,a2", actor=actor, max_followers=4)
    assert api.stored == api.followers("a1", "a2", count=4)
    [run] = api.runs
    assert run["input"][accounts] == ["a1", "a2"]
    assert run["input"]["resultsLimit"] == 4
    private = "select is_private, is_verified from profiles where is_verified order by id limit 1"
    assert api.query(private) == [(False, True)]


def test_rows_that_name_no_account_are_of_the_only_one(apify: NewApify) -> None:
    api = apify(followers=5, shape="bare")
    api.stores(
        accounts="a1,a2", actor="datadoping/instagram-followers-scraper", batch=1, max_followers=4
    )
    assert api.stored == api.followers("a1", "a2", count=4)
    assert {run["input"]["max_count"] for run in api.runs} == {4}


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ("bare", "do not name their account: give batch=1"),
        ("strange", "no known shape of a follower, its keys are caption, likes, ownerUsername"),
        ("following", "whom an account follows, not its followers"),
        ("foreign", "none is about an account that was asked for"),
    ],
)
def test_rows_that_nobody_can_read_end_the_run_and_the_crawl(
    apify: NewApify, shape: str, problem: str
) -> None:
    api = apify(followers=5, shape=shape, rows_per_s=10)
    done = api.crawl(accounts="a1,a2,a3", actor="somebody/something", batch=3)
    assert done.returncode == 1, done.stderr
    assert "instagram: failed" in done.stderr
    assert f"the rows of somebody/something: {problem}" in done.stderr
    assert [run["status"] for run in api.runs] == ["ABORTED"]
    again = api.crawl(accounts="a1,a2,a3", actor="somebody/something", batch=3)
    assert again.returncode == 1, again.stderr
    assert len(api.runs) == 1, "the same rows were paid for twice"
    assert api.stored == set()
    assert b"Smith" not in api.everything_kept()


def test_rows_without_an_account_can_be_had_in_runs_of_one(apify: NewApify) -> None:
    api = apify(followers=5, shape="bare")
    assert api.crawl(accounts="a1,a2", actor="somebody/something").returncode == 1
    api.stores(accounts="a1,a2", actor="somebody/something", batch=1)
    assert api.stored == api.followers("a1", "a2")


def test_accounts_without_anything_are_errors_with_their_reasons(apify: NewApify) -> None:
    odd = {"p1": "private", "p2": "absent", "p3": "empty", "p4": "half", "p5": "repeat"}
    api = apify(followers=6, odd=odd | {"p6": "broken", "p7": "blank"})
    done = api.crawl(accounts="a1,p1,p2,p3,p4,p5,p6,p7", max_followers=6)
    assert done.returncode == 3, done.stderr
    assert "refused 1" in done.stderr
    assert "quarantined 1" in done.stderr
    found = api.followers("a1", "p5", "p6") | api.followers("p4", count=3)
    assert api.stored == {pair for pair in found if pair[0] != "p6"} | {
        pair for pair in api.followers("p6") if pair in api.stored
    }
    assert len(api.stored) == 6 + 3 + 6 + 5
    [(rows, kept, errors, rejected, problems)] = api.query(
        "select rows_read, kept, errors, rejected, problems from apify_runs"
    )
    assert (kept, errors, rejected) == (6 + 3 + 12 + 5, 2, 1)
    assert rows == kept + errors + rejected
    assert problems == [
        {"account": None, "reason": "no_items: Profile is private"},
        {"account": "p2", "reason": "not_found: No such"},
    ]
    reasons: dict[str, str] = dict(
        api.query(
            "select regexp_replace(key, '.*/', ''), value->>'reason' from marks"
            " where key like 'account/%%' and value->>'reason' is not null"
        )
    )
    unnamed = "no_items: Profile is private"
    assert reasons == {"p1": unnamed, "p2": "not_found: No such", "p3": unnamed, "p7": unnamed}
    api.stores(accounts="a1,p1,p2,p3,p4,p5,p6,p7", max_followers=6)
    assert len(api.runs) == 1


def test_an_empty_success_is_none(apify: NewApify) -> None:
    api = apify(odd={"a1": "empty"})
    done = api.crawl(accounts="a1")
    assert done.returncode == 3, done.stderr
    assert "nothing came, it is private, absent or without followers" in done.stderr
    assert api.column("select value->>'failed' from marks where key like 'account/%%'") == ["false"]


def test_a_page_without_rows_is_not_the_end_while_rows_were_looked_at(apify: NewApify) -> None:
    api = apify(followers=1500, odd={"a1": "blank"})
    done = api.crawl(accounts="a1,a2", max_followers=1500)
    assert done.returncode == 3, done.stderr
    assert api.stored == api.followers("a2")


def test_a_name_that_says_nothing_takes_the_old_probability_away(apify: NewApify) -> None:
    api = apify(followers=40)
    api.stores(accounts="a1", max_followers=40)
    api.site.control("change", {"seed": 1000})  # all have another name now
    api.stores(accounts="a1", max_followers=40, max_age_days=0)
    known = api.column("select gender_confidence from profiles where gender <> 'unknown'")
    unknown = api.column("select gender_confidence from profiles where gender = 'unknown'")
    assert unknown
    assert None not in known
    assert set(unknown) == {None}


def test_names_that_cannot_be_made_ready_end_the_crawl_in_one_line(apify: NewApify) -> None:
    api = apify(followers=3)
    cache = api.crawls.home / "cache"
    cache.unlink()
    cache.write_text("in the way")
    done = api.crawl(accounts="a1")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if "instagram: failed in" in line]
    assert "could not be made ready: " in line
    assert api.site.log == []


def test_only_the_wanted_gender_is_kept_and_the_others_are_counted(apify: NewApify) -> None:
    api = apify(followers=40)
    api.stores(accounts="a1,a2", gender="male", max_followers=40)
    assert set(api.column("select gender from profiles")) <= {"male"}
    [(rows, kept, others)] = api.query("select rows_read, kept, others from apify_runs")
    assert (rows, kept + others) == (80, 80)
    assert others > 0
    assert len(api.stored) == kept
    assert {profile for _, profile in api.stored} == set(api.column("select id from profiles"))
    api.stores(accounts="a1,a2", gender="any", max_followers=40)
    assert api.stored == api.followers("a1", "a2")
    assert set(api.column("select gender is null or gender_method is null from profiles")) == {
        False
    }
