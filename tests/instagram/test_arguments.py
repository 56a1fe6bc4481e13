"""Accounts, caps and actors as people give them; what makes no sense is said in one line."""

from pathlib import Path

import pytest

from crawlers.config import config
from spiders.instagram.arguments import InstagramArguments
from spiders.instagram.spider import InstagramSpider


def read(**arguments: str) -> InstagramArguments:
    return InstagramArguments.model_validate(arguments)


def test_accounts_are_named_once_in_lower_case(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("\ufeff# brands\nb.2\n\n Shop_1 \nA\n", encoding="utf-8")
    found = read(accounts="a,SHOP_1, c", accounts_file=str(tmp_path / "list"))
    assert found.accounts == ("a", "shop_1", "c", "b.2")


def test_money_is_exact() -> None:
    assert read(accounts="a", max_cost_usd="0.1").max_cost_microusd == 100_000
    assert read(accounts="a", max_cost_usd="12").max_cost_microusd == 12_000_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "no accounts: give accounts=NAME,NAME or accounts_file=FILE"),
        ({"accounts": "a b"}, "argument 'accounts': 'a b' is no account: expected up to 30"),
        ({"accounts": "@shop"}, "argument 'accounts': '@shop' is no account"),
        ({"accounts": "ä"}, "argument 'accounts': 'ä' is no account"),
        ({"accounts": "a" * 31}, "is no account: expected up to 30 letters, digits, dots"),
        ({"accounts_file": "nowhere"}, "cannot read accounts_file nowhere: No such file or dir"),
        ({"accounts": "a", "max_followers": "0"}, "argument 'max_followers': Input should be gre"),
        ({"accounts": "a", "gender": "both"}, "argument 'gender': Input should be 'any', 'male'"),
        ({"accounts": "a", "batch": "0"}, "argument 'batch': Input should be greater"),
        ({"accounts": "a", "max_cost_usd": "0"}, "argument 'max_cost_usd': Input should be gr"),
        ({"accounts": "a", "max_cost_usd": "0.0000001"}, "argument 'max_cost_usd': Decimal"),
        ({"accounts": "a", "max_cost_usd": "NaN"}, "argument 'max_cost_usd': Input should be"),
        ({"accounts": "a", "actor": "x"}, "argument 'actor': 'x' is no actor: expected OWNER/NAME"),
        ({"accounts": "a", "actor": "a/b/../c"}, "is no actor: expected OWNER/NAME"),
        (
            {"accounts": "a", "actor": "memo23/instagram-following-scraper"},
            "memo23/instagram-following-scraper lists whom an account follows, not its followers",
        ),
        (
            {"accounts": "a", "actor": "coderx~instagram-followers-list-scraper"},
            "coderx/instagram-followers-list-scraper wants the cookies of somebody who is logged",
        ),
        (
            {"accounts": "a", "actor": "datadoping/instagram-followers-scraper"},
            "datadoping/instagram-followers-scraper do not name their account: give batch=1",
        ),
        ({"account": "a"}, "unknown argument 'account' (known: origin, job, accounts,"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(arguments: dict[str, str], said: str) -> None:
    problem = InstagramSpider.problem_with(arguments)
    assert problem is not None
    assert said in problem
    assert "\n" not in problem


def test_right_arguments_have_no_problem() -> None:
    assert InstagramSpider.problem_with({"accounts": "a", "actor": "some-body/some-thing"}) is None


def test_who_crawls_needs_a_token_and_who_hands_in_a_job_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("APIFY_TOKEN", raising=False)
    config.cache_clear()
    assert InstagramSpider.problem_with({"accounts": "a"}) is None
    assert (InstagramSpider.lacks() or "").startswith("set APIFY_TOKEN: ")
    monkeypatch.setenv("APIFY_TOKEN", "some_token")
    config.cache_clear()
    assert InstagramSpider.lacks() is None
    config.cache_clear()
