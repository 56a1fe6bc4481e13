"""Nothing of a person is kept that no column names, and the token is nowhere."""

import json

from tests.instagram.conftest import NewApify

PLANTED = "quillian.vesper"
TOKEN = "hunter2_of_the_replica"  # noqa: S105 - no secret
KIM = {"sourceUsername": "a1", "userId": "77", "username": "seventy", "fullName": "Kim"}


def test_only_what_has_a_column_is_kept_and_logs_name_nobody(apify: NewApify) -> None:
    api = apify(followers=20, odd={"a2": "broken"}, token=TOKEN)
    planted = [
        KIM | {"biography": PLANTED, "profilePicUrl": f"https://x.invalid/{PLANTED}"},
        {"sourceUsername": "a1", "userId": PLANTED, "username": "s", "email": f"{PLANTED}@x"},
        {"caption": PLANTED, "likes": 1},
        PLANTED,
    ]
    headers = {"X-Apify-Pagination-Count": "4"}
    api.site.add_fault(
        "answer", "/items", times=1, status=200, text=json.dumps(planted), headers=headers
    )
    done = api.crawl(accounts="a1,a2", max_followers=21, settings={"LOG_LEVEL": "DEBUG"})
    assert done.returncode == 3, done.stderr
    assert "quarantined 4" in done.stderr
    assert api.column("select full_name from profiles where id = '77'") == ["Kim"]
    kept = api.everything_kept()
    bad = api.column("select body from quarantine where error like 'id:%%' and body is not null")
    assert all(b"email" not in one for one in bad)
    without_named = kept.replace(f'"userId":"{PLANTED}"'.encode(), b"")
    assert PLANTED.encode() not in without_named
    assert b"sig=secret" not in kept
    assert b"secretuserid" not in kept
    assert b"hunter2" not in kept
    assert "hunter2" not in done.stderr
    names = api.column("select full_name from profiles where full_name like '%% %%'")
    users = api.column("select username from profiles")
    assert names
    assert not [one for one in [*names, *users, PLANTED] if one in done.stderr]
    assert api.query("select * from raw_pages") == []


def test_those_who_are_not_kept_are_nowhere(apify: NewApify) -> None:
    api = apify(followers=40)
    api.stores(accounts="a1", gender="male", max_followers=40)
    kept = api.everything_kept().decode()
    others = {profile for _, profile in api.followers("a1")} - {who for _, who in api.stored}
    assert others
    assert not [who for who in others if who in kept]


def test_a_batch_goes_on_when_somebody_in_it_is_forgotten(apify: NewApify) -> None:
    api = apify(followers=10, start_s=5)
    api.stores(accounts="b1", max_followers=2)
    with api.start(accounts="a1,user_5000000000,a2", max_followers=10) as process:
        api.site.wait(begun=len(api.site.log) + 3)
        process.kill()
        process.communicate()
    forgotten = api.crawls.run("forget", "profile", "@user_5000000000")
    assert forgotten.returncode == 0, forgotten.stdout
    api.crawl(accounts="a1,a2", max_followers=10)
    assert len(api.runs) == 2, "the same accounts were paid for twice"
    assert api.stored >= api.followers("a1", "a2")


def test_an_account_whose_batch_is_lost_is_asked_for(apify: NewApify) -> None:
    api = apify(followers=5)
    api.query(
        "insert into marks (source, key, value, updated_at)"
        " values ('instagram', %s, '{\"batch\": \"0123456789ab\"}', now()) returning key",
        "account/apify/instagram-followers-following-scraper/50/any/a1",
    )
    api.stores(accounts="a1")
    assert api.stored == api.followers("a1")


def test_a_page_that_cannot_be_read_leaves_nothing_behind(apify: NewApify) -> None:
    api = apify(followers=20)
    text = f'[{{"username":"{PLANTED}","id":"1"}}, {{"username"'
    api.site.add_fault("answer", "/items", times=None, status=200, text=text)
    done = api.crawl(accounts="a1", max_followers=20)
    assert done.returncode == 3, done.stderr
    assert "quarantined 1" in done.stderr
    assert PLANTED.encode() not in api.everything_kept()
    api.site.control("faults")
    api.stores(accounts="a1", max_followers=20)
    assert api.stored == api.followers("a1")
    assert len(api.runs) == 1
