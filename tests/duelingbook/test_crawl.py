"""Whole crawls of the site: a real browser opens the page and takes the page's own answer."""

import json

import pytest

from tests.crawls.captured import har, save
from tests.duelingbook.conftest import NewDuelingBook
from tests.duelingbook.site import CALL

VALUES = """
select id, player1_name, player2_id, format, rated, player1_rating, version
from duel_replays order by id
"""


def test_what_the_site_holds_is_stored_and_never_asked_for_again(
    duelingbook: NewDuelingBook,
) -> None:
    book = duelingbook(replays=5)
    records = book.world.records()
    ids = sorted(records)
    done = book.crawl(
        ids=",".join([*ids[:3], ids[0]]), urls=f"duelingbook.com/replay?id=7-{ids[3]}"
    )
    assert done.returncode == 0, done.stderr
    assert book.asked.count(ids[0]) == 1
    assert set(book.asked) == set(ids[:4])
    assert book.query(VALUES) == [
        (
            one,
            records[one]["player1"]["username"],
            str(records[one]["player2"]["user_id"]),
            *(records[one][name] for name in ("format", "rated")),
            records[one]["player1"]["rating"],
            records[one]["version"],
        )
        for one in ids[:4]
    ]
    plays: dict[str, dict[str, int]] = dict(book.query("select id, plays from duel_replays"))
    for one in ids[:4]:
        assert sum(plays[one].values()) == len(records[one]["plays"])
    assert b"secret" not in book.everything_kept()
    sizes = book.sizes
    again = book.crawl(ids=",".join(ids))
    assert again.returncode == 0, again.stderr
    assert book.asked[4:] == [ids[4]]
    assert book.counts == {"new": sum(book.sizes.values()) - sum(sizes.values())}


def test_whatever_is_in_the_way_is_an_outcome_of_its_own(duelingbook: NewDuelingBook) -> None:
    book = duelingbook(replays=9)
    good, *odd = sorted(book.world.records())
    ways = ("captcha", "turnstile", "token", "login", "missing", "progress", "failed", "other")
    book.site.control("odd", dict(zip(odd, ways, strict=True)))
    done = book.crawl_hastily(ids=",".join([good, *odd]))
    assert done.returncode == 3, done.stderr
    assert book.stored == {good}
    counts = book.counts
    assert counts.pop("new") == sum(book.sizes.values())
    assert counts == {"blocked": 4, "refused": 3, "quarantined": 1}
    problem = f"replay {good} instead of {odd[-1]}"
    assert problem in book.column("select error from quarantine")[0]
    said = done.stderr.splitlines()[-2]
    assert said.startswith("hasty: partial")
    # Once each: whoever is refused by a captcha does not try again.
    assert sorted(book.asked) == sorted([good, odd[2], odd[3], odd[5], odd[6], odd[7]])
    book.site.control("odd", {})
    later = book.crawl_hastily(ids=f"{good},{odd[5]}")
    assert later.returncode == 0, later.stderr
    assert book.stored == {good, odd[5]}


def test_a_captcha_alone_makes_a_blocked_crawl_that_says_so(duelingbook: NewDuelingBook) -> None:
    book = duelingbook(replays=1, odd={"70000001": "captcha"})
    done = book.crawl(ids="70000001")
    assert done.returncode == 3
    assert "duelingbook: blocked" in done.stderr
    assert "a challenge is shown" in done.stderr
    assert book.asked == []
    assert sum(book.sizes.values()) == 0
    ((status, reason),) = book.query("select status, reason from crawls")
    assert (status, reason.startswith("1 blocked (")) == ("blocked", True)


def test_a_site_that_never_answers_costs_bounded_time(duelingbook: NewDuelingBook) -> None:
    book = duelingbook(replays=3, odd={"70000001": "stall", "70000002": "stall-page"})
    done = book.crawl_hastily(ids="70000001,70000002,70000003")
    assert done.returncode == 3, done.stderr
    assert book.stored == {"70000003"}
    assert book.counts["refused"] == 2
    assert book.asked.count("70000001") == 1


def test_what_was_saved_is_not_asked_for_and_chat_comes_when_asked_for(
    duelingbook: NewDuelingBook, tmp_path_factory: pytest.TempPathFactory
) -> None:
    book = duelingbook(replays=3)
    records = book.world.records()
    one, two, three = sorted(records)
    folder = tmp_path_factory.mktemp("saved")
    refused = {"action": "Error", "message": "Invalid Token"}
    save(folder, "a.har", har((f"{CALL}{one}", records[one]), (f"{CALL}{two}", refused)))
    done = book.crawl(files=folder, ids=f"{one},{two},{three}", chat=1)
    assert done.returncode == 3, done.stderr
    assert "1 blocked" in done.stderr
    assert sorted(book.asked) == [two, three]
    assert book.sizes["chats"] == len(book.stored) == 3
    assert b"secret words" in json.dumps(book.query("select lines from duel_chats")).encode()
