"""A crawl that is killed, at any moment: the second run goes on, and pays for nothing twice."""

import signal
from collections.abc import Iterator
from random import Random

import pytest

from tests.conftest import Server
from tests.instagram.conftest import NewApify, api_at
from tests.instagram.site import Apify
from tests.replica.apify import ApifyWorld

ACCOUNTS = ",".join(f"a{number}" for number in range(1, 11))
ODD = {"a3": "private", "a5": "repeat", "a7": "fatal", "a9": "half"}
WORLD = {"followers": 40, "odd": ODD, "start_s": 0.05, "rows_per_s": 400}
OPTIONS = {"batch": 2, "max_followers": 40}


@pytest.fixture(scope="module")
def undisturbed(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Apify]:
    """Give the API and the tables after a crawl that nobody disturbed."""
    with api_at(postgres_server, tmp_path_factory.mktemp("whole"), ApifyWorld(**WORLD)) as api:  # type: ignore[arg-type]
        assert api.crawl(ACCOUNTS, **OPTIONS).returncode == 3
        yield api


@pytest.mark.parametrize("number", [1, 2])
def test_a_killed_crawl_goes_on_and_pays_for_nothing_twice(
    apify: NewApify, undisturbed: Apify, number: int
) -> None:
    api = apify(**WORLD)
    moment = Random(f"kill {number}").randint(2, len(undisturbed.site.log) - 5)  # noqa: S311 - the same in every run
    with api.start(ACCOUNTS, **OPTIONS) as process:
        api.site.wait(begun=moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = api.crawl(ACCOUNTS, **OPTIONS)
    assert done.returncode == 3, done.stderr
    assert api.tables() == undisturbed.tables()
    assert bills(api) == bills(undisturbed)


def test_one_that_is_killed_between_start_and_answer_adopts_its_run(apify: NewApify) -> None:
    api = apify(followers=10)
    api.site.add_fault("stall", "maxItems=")  # the run is started, and nobody hears of it
    with api.start("a1,a2", max_followers=10) as process:
        api.site.wait(begun=2)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert len(api.runs) == 1
    api.stores("a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    assert len(api.runs) == 1


def test_its_run_is_found_behind_many_of_others(apify: NewApify) -> None:
    api = apify(followers=10)
    api.site.add_fault("stall", "maxItems=")
    with api.start("a1,a2", max_followers=10) as process:
        api.site.wait(begun=2)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert api.site.control("others", 120) == 121
    api.stores("a1,a2", max_followers=10)
    assert api.stored == api.followers("a1", "a2")
    assert len(api.runs) == 121
    assert any("offset=100" in target for target in api.asked("/runs?desc=1"))


def test_another_list_of_accounts_goes_on_with_what_is_under_way(apify: NewApify) -> None:
    api = apify(followers=10, start_s=5)
    with api.start("a1,a2,a3", batch=3, max_followers=10) as process:
        api.site.wait(begun=4)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert len(api.runs) == 1
    api.stores("a2,a4", batch=3, max_followers=10)
    assert sorted(run["input"]["usernames"] for run in api.runs) == [["a1", "a2", "a3"], ["a4"]]
    assert api.stored == api.followers("a1", "a2", "a3", "a4")


def bills(api: Apify) -> list[tuple[list[str], int]]:
    return sorted((run["input"]["usernames"], run["rows"]) for run in api.runs)
