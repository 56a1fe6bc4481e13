"""Analyses that are asked for over HTTP, and whoever does them."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.analysis.stand_in import asked, engine
from tests.analysis.stored import ask, put
from tests.api.serving import Api, running_api, until
from tests.conftest import Server
from tests.crawls.run import Crawls


@pytest.fixture(scope="module")
def running(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Run an API for the tests of this file."""
    with running_api(postgres_server, tmp_path_factory, settings={}) as one:
        yield one


@pytest.fixture
def api(running: Api) -> Api:
    """Give the API, with one game and nothing asked for."""
    running.execute(
        "truncate chess_games, chess_analysis_requests, chess_analyses, chess_positions"
    )
    put(running.config, "aaaaaaaa", "e4 e5 Nf3")
    return running


@pytest.fixture
def user(api: Api, tmp_path: Path) -> Crawls:
    """Return who works on what is asked for."""
    path = str(engine(tmp_path / "engine"))
    return Crawls(tmp_path, {"DATABASE_URL": api.database_url, "STOCKFISH_EXECUTABLE": path})


def address(game: str = "aaaaaaaa") -> str:
    """Return where the analyses of *game* are."""
    return f"/v1/chess/games/{game}/analysis"


def test_an_analysis_is_asked_for_once_done_and_read(
    api: Api, user: Crawls, tmp_path: Path
) -> None:
    client = api.client("jobs", "read")
    for _ in range(2):
        done = client.post(address(), json={"nodes": 5000})
        assert (done.status_code, done.headers["Location"]) == (202, address())
        [waits] = done.json()["requests"]
        assert (waits["state"], waits["limit_value"]) == ("waiting", 5000)
    ran = user.run("analyse", "chess", "--waiting")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "aaaaaaaa  White" in ran.stdout
    found = client.get(address()).json()
    assert found["requests"] == []
    [one] = found["analyses"]
    assert (one["engine"], one["limit_kind"], one["limit_value"]) == ("Stand-in", "nodes", 5000)
    assert [ply["ply"] for ply in one["plies"]] == [1, 2, 3]
    assert one["white"]["acpl"] == 8
    for nodes in (5000, 1000):  # it is done, and says so at once
        again = client.post(address(), json={"nodes": nodes}).json()
        assert (again["requests"], len(again["analyses"])) == ([], 1)
    assert client.post(address(), json={"nodes": 6000}).json()["requests"]
    assert len(asked(tmp_path / "engine")) == 4


def test_what_cannot_be_analysed_is_refused_with_the_reason_and_may_be_asked_again(
    api: Api, user: Crawls
) -> None:
    put(api.config, "bbbbbbbb", "e4 e5", variant="atomic")
    client = api.client("jobs", "read")
    client.post(address("bbbbbbbb"), json={})
    assert user.run("analyse", "chess", "--waiting").returncode == 0
    [one] = client.get(address("bbbbbbbb")).json()["requests"]
    assert one["state"] == "refused"
    assert one["reason"] == "Stand-in 1.0 does not play its variant, Atomic"
    [one] = client.post(address("bbbbbbbb"), json={}).json()["requests"]
    assert (one["state"], one["reason"]) == ("waiting", None)


def test_requests_that_are_wrong_are_refused(api: Api) -> None:
    client = api.client("jobs", "read")
    assert client.post(address("nowhere1"), json={}).status_code == 404
    assert client.get(address("nowhere1")).status_code == 404
    for wrong in (
        {"nodes": 5000, "depth": 9}, {"nodes": 1}, {"nodes": 10**9}, {"depth": 99},
        {"nodes": "5000"}, {"node": 5000},
    ):  # fmt: skip
        assert client.post(address(), json=wrong).status_code == 422, wrong
    assert client.get(f"{address()}?nodes=5").status_code == 422
    assert ask(api.config, "select * from chess_analysis_requests") == []


def test_who_only_reads_may_not_ask_and_who_only_asks_may_not_read(api: Api) -> None:
    assert api.client().get(address()).status_code == 401
    assert api.client("read").post(address(), json={}).status_code == 403
    assert api.client("read").get(address()).json() == {
        "game": "aaaaaaaa", "requests": [], "analyses": [],
    }  # fmt: skip
    assert api.client("jobs").get(address()).status_code == 403


def test_no_more_than_so_many_may_wait(api: Api) -> None:
    api.execute("""
        insert into chess_analysis_requests (game, limit_kind, limit_value)
        select n, 'nodes', 1000 from generate_series(1, 10000) as n
    """)
    done = api.client("jobs").post(address(), json={})
    assert (done.status_code, done.headers["Retry-After"]) == (503, "60")
    assert "10,000 analyses wait already" in done.json()["detail"]


def test_the_dispatcher_sees_to_what_is_asked_for(api: Api, user: Crawls) -> None:
    client = api.client("jobs", "read")
    client.post(address(), json={"nodes": 5000})
    done = user.run("work", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(client.get(address()).json()["analyses"]) == 1


def test_a_dispatcher_without_an_engine_says_so_and_goes_on(api: Api, user: Crawls) -> None:
    api.client("jobs").post(address(), json={})
    user.environment["STOCKFISH_EXECUTABLE"] = "/bin/false"
    done = user.run("work", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    [waits] = api.client("read").get(address()).json()["requests"]
    assert waits["state"] == "waiting"


def test_what_a_killed_process_was_at_is_taken_over_at_once(
    api: Api, user: Crawls, tmp_path: Path
) -> None:
    client = api.client("jobs", "read")
    client.post(address(), json={"nodes": 5000})
    stuck = tmp_path / "stuck"
    path = str(engine(stuck, "hangs"))
    other = Crawls(tmp_path, user.environment | {"STOCKFISH_EXECUTABLE": path})
    with other.start("analyse", "chess", "--waiting") as process:
        try:
            until(lambda: bool(asked(stuck)))
            assert client.get(address()).json()["requests"][0]["state"] == "running"
            busy = user.run("analyse", "chess", "--waiting")
            assert (busy.returncode, busy.stderr) == (3, "")
            assert busy.stdout.strip().endswith("others are at 1")
            engines = psutil.Process(process.pid).children(recursive=True)
        finally:
            process.kill()
        process.communicate()
    psutil.wait_procs(engines, timeout=60)
    until(lambda: user.run("analyse", "chess", "--waiting").returncode == 0)
    assert len(client.get(address()).json()["analyses"]) == 1
