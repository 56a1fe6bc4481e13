"""A crawl that is killed, at any moment: the second run goes on, and pays for nothing twice."""

import signal

from tests.instagram.conftest import NewApify


def test_one_that_is_killed_between_start_and_answer_adopts_its_run(apify: NewApify) -> None:
    api = apify(followers=10)
    api.site.add_fault("stall", "maxItems=")  # the run is started, and nobody hears of it
    with api.start(accounts="a1,a2", max_followers=10) as process:
        api.site.wait(begun=2)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert len(api.runs) == 1
    api.stores(accounts="a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    assert len(api.runs) == 1


def test_its_run_is_found_behind_many_of_others(apify: NewApify) -> None:
    api = apify(followers=10)
    api.site.add_fault("stall", "maxItems=")
    with api.start(accounts="a1,a2", max_followers=10) as process:
        api.site.wait(begun=2)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert api.site.control("others", 120) == 121
    api.stores(accounts="a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    assert len(api.runs) == 121
    assert any("offset=100" in target for target in api.asked("/runs?desc=1"))


def test_another_list_of_accounts_goes_on_with_what_is_under_way(apify: NewApify) -> None:
    api = apify(followers=10, start_s=5)
    with api.start(accounts="a1,a2,a3", batch=3, max_followers=10) as process:
        api.site.wait(begun=4)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert len(api.runs) == 1
    api.stores(accounts="a2,a4", batch=3, max_followers=10)
    assert sorted(run["input"]["usernames"] for run in api.runs) == [["a1", "a2", "a3"], ["a4"]]
    assert api.stored == api.followers("a1", "a2", "a3", "a4")
