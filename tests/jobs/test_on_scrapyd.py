"""The project as an egg on a real Scrapyd: plain calls of it, and jobs that are started there."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from crawlers.storage.migrate import head
from tests.conftest import Server
from tests.crawls.run import ROOT
from tests.jobs.desk import Desk
from tests.jobs.scrapyds import ScrapydServer
from tests.replica import ReplicaProcess, replica_process
from tests.replica.vlr.library import Library
from tests.vlr.site import SMALL

QUICK = {
    "SHARED_DELAY_S": 0,
    "DOWNLOAD_DELAY": 0,
    "JOB_HEARTBEAT_S": 0.2,
    "DISPATCH_POLL_S": 0.2,
    "DISPATCH_AGAIN_S": "0.1,1",
}
BUSY = "select count(*) from job_workers where ended_at is null and seen_at is not null"
MATCHES = [str(match.id) for match in Library(SMALL).with_status("completed")]


@pytest.fixture(scope="session")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the egg as its user does."""
    folder = tmp_path_factory.mktemp("egg")
    command = ["make", "--silent", "--old-file=.venv/.ready", "egg", f"EGGS={folder}"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in folder.iterdir()] == ["crawlers.egg"]
    return folder / "crawlers.egg"


@pytest.fixture
def site() -> Iterator[ReplicaProcess]:
    """Give a small VLR.gg."""
    with replica_process("vlr", SMALL) as one:
        yield one


@dataclass
class Cluster:
    """Scrapyds, and the desk whose dispatchers know them."""

    desk: Desk
    home: Path
    egg: Path
    stack: ExitStack

    def node(self, size: int = 2, **environment: str) -> ScrapydServer:
        """Start one more Scrapyd, with the project on it."""
        crawls = self.desk.crawls
        names = crawls.full_environment | {"PYTHONWARNINGS": "default"} | environment
        home = self.home / f"scrapyd-{uuid4().hex[:6]}"
        node = self.stack.enter_context(ScrapydServer(home, names, size))
        found = node.deploy(self.egg)
        assert found["status"] == "ok", found
        known = crawls.environment.get("SCRAPYD_URLS")
        crawls.environment["SCRAPYD_URLS"] = f"{known},{node.url}" if known else node.url
        return node

    async def hand_in(self, site: ReplicaProcess, *units: str, **options: Any) -> str:
        """Hand in a job for some matches."""
        given = {"origin": site.origin, "tabs": False} | options
        return await self.desk.hand_in(*units, source="vlr", **given)


@pytest.fixture
def cluster(desk: Desk, tmp_path: Path, egg: Path) -> Iterator[Cluster]:
    """Give one without Redis."""
    desk.settings = QUICK
    with ExitStack() as stack:
        yield Cluster(desk, tmp_path, egg, stack)


@pytest.fixture
def shared_cluster(shared_desk: Desk, tmp_path: Path, egg: Path) -> Iterator[Cluster]:
    """Give one with a Redis."""
    shared_desk.settings = QUICK
    with ExitStack() as stack:
        yield Cluster(shared_desk, tmp_path, egg, stack)


LOOK = """
import sys
from scrapyd.runner import activate_egg
activate_egg(sys.argv[1])
import crawlers, middlewares, pipelines, spiders
from importlib.resources import files
from crawlers.frontier.program import Program
from crawlers.gender.data import BUILDER
from crawlers.storage.migrate import FOLDER, head
for one in (crawlers, middlewares, pipelines, spiders):
    assert one.__file__.startswith(sys.argv[1]), one.__file__
print(head(), len(Program.text()) > 10_000, BUILDER.is_file())
print((FOLDER / "script.py.mako").is_file(), (files("crawlers") / "py.typed").is_file())
"""


def test_the_egg_has_all_that_the_project_reads(egg: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(egg)],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split() == [head(), "True", "True", "True", "True"], done.stderr


def deploy_as_users_do(cluster: Cluster, node: ScrapydServer) -> None:
    """Deploy the egg once more, by the tool that comes with Scrapyd."""
    (cluster.home / "scrapy.cfg").write_text(f"[deploy]\nurl = {node.url}\nproject = crawlers\n")
    deploy = Path(sys.executable).with_name("scrapyd-deploy")
    words = [str(deploy), "--egg", str(cluster.egg), "--version", "20"]
    done = subprocess.run(words, cwd=cluster.home, check=False, capture_output=True, text=True)
    assert '"status": "ok"' in done.stdout, done.stdout + done.stderr
    assert "20" in node.ask("listversions", params={"project": "crawlers"})["versions"]


async def test_a_plain_call_crawls_into_a_database_that_is_empty(
    cluster: Cluster, site: ReplicaProcess, postgres_server: Server
) -> None:
    name = f"test_{uuid4().hex}"
    postgres_server.execute("create database {}", name)
    node = cluster.node(DATABASE_URL=postgres_server.of(name))
    assert node.ask("listspiders", params={"project": "crawlers"})["spiders"] == [
        "duelingbook", "instagram", "lichess", "shopee", "tiktok_shop", "vlr",
    ]  # fmt: skip
    deploy_as_users_do(cluster, node)
    form = {"project": "crawlers", "spider": "vlr", "ids": MATCHES[0], "origin": site.origin}
    form["setting"] = "SHARED_DELAY_S=0"
    begun = node.ask("schedule", data=form)
    assert begun["status"] == "ok"
    while not node.ask("listjobs")["finished"]:  # noqa: ASYNC110 - asked
        await asyncio.sleep(0.1)
    with psycopg.connect(postgres_server.of(name)) as connection:
        found = connection.execute(
            "select c.status, c.reason, m.id from crawls as c cross join esports_matches as m"
        ).fetchall()
    assert found == [("completed", "", MATCHES[0])]
    postgres_server.execute("drop database {} with (force)", name)


async def test_a_job_is_started_on_a_scrapyd_and_ends(
    cluster: Cluster, site: ReplicaProcess
) -> None:
    node = cluster.node()
    job = await cluster.hand_in(site, *MATCHES[:2])
    code, said = await cluster.desk.work()
    assert code == 0, said
    assert cluster.desk.job(job) == ("completed", None, 1, [])
    assert cluster.desk.query("select node, status from job_workers") == [
        (node.server, "completed")
    ]
    assert f"job {job} of vlr: started on {node.server}" in said
    assert "hunter2" not in said


async def test_two_scrapyds_share_a_job(shared_cluster: Cluster, site: ReplicaProcess) -> None:
    nodes = [shared_cluster.node(1) for _ in range(2)]
    site.add_fault("stall", f"/{MATCHES[0]}")
    job = await shared_cluster.hand_in(site, *MATCHES[:4], _workers=2)
    process = shared_cluster.desk.dispatcher("--once")
    await shared_cluster.desk.until(BUSY, [2])
    site.release()
    out, err = await asyncio.to_thread(process.communicate, timeout=100)
    assert process.returncode == 0, out + err
    assert shared_cluster.desk.job(job) == ("completed", None, 1, [])
    found = shared_cluster.desk.query("select node, status from job_workers order by node")
    assert found == sorted((node.server, "completed") for node in nodes)
    stored = shared_cluster.desk.query("select id from esports_matches order by id")
    assert {row[0] for row in stored} >= set(MATCHES[:4])


async def test_a_cancel_reaches_who_waits_in_the_queue_and_who_runs(
    cluster: Cluster, site: ReplicaProcess
) -> None:
    node = cluster.node(1)
    desk = cluster.desk
    site.add_fault("stall", f"/{MATCHES[0]}")
    first = await cluster.hand_in(site, *MATCHES)
    process = desk.dispatcher("--once", "--processes", "2")
    await desk.until("select true from job_workers where seen_at is not null")
    second = await cluster.hand_in(site, MATCHES[1])
    while not node.ask("listjobs")["pending"]:  # noqa: ASYNC110 - asked
        await asyncio.sleep(0.05)
    desk.execute("update jobs set cancel_at = now()")
    logs = (node.home / "logs").rglob
    while not any("Closing spider" in one.read_text() for one in logs("*.log")):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    site.release()
    out, err = await asyncio.to_thread(process.communicate, timeout=100)
    assert process.returncode == 0, out + err
    assert desk.job(first)[0] == desk.job(second)[0] == "cancelled"
    assert node.ask("listjobs")["pending"] == []
    queued = f"select status, reason from job_workers where job = '{second}'"  # noqa: S608
    assert desk.query(queued) == [("cancelled", "taken out of the queue")]


async def test_a_crawl_outlives_its_scrapyd_and_is_left_alone(
    cluster: Cluster, site: ReplicaProcess
) -> None:
    node = cluster.node()
    desk = cluster.desk
    site.add_fault("stall", f"/{MATCHES[0]}")
    job = await cluster.hand_in(site, MATCHES[0])
    process = desk.dispatcher("--once", DISPATCH_SILENCE_S=4)
    await desk.until("select true from job_workers where seen_at is not null")
    node.stop()
    await asyncio.sleep(2)
    node.start()
    assert node.ask("listjobs")["running"] == [], "it has forgotten"
    await asyncio.sleep(3)  # some looks of the dispatcher
    site.release()
    out, err = await asyncio.to_thread(process.communicate, timeout=100)
    assert process.returncode == 0, out + err
    assert desk.job(job) == ("completed", None, 1, [])


@pytest.mark.slow  # the same as the next, with all of the machine
async def test_a_machine_that_dies_in_the_middle_of_a_job_is_replaced(
    cluster: Cluster, site: ReplicaProcess
) -> None:
    node = cluster.node()
    desk = cluster.desk
    site.add_fault("stall", f"/{MATCHES[0]}")
    job = await cluster.hand_in(site, *MATCHES[:2])
    process = desk.dispatcher("--once", DISPATCH_SILENCE_S=3)
    await desk.until("select true from job_workers where seen_at is not null")
    [pid] = node.running()
    node.stop()
    os.kill(pid, signal.SIGKILL)
    node.start()
    out, err = await asyncio.to_thread(process.communicate, timeout=100)
    assert process.returncode == 0, out + err
    status, reason, attempts, [line] = desk.job(job)
    assert (status, reason, attempts) == ("completed", None, 2)
    assert f"on {node.server}: it was silent for" in line
    units = desk.query("select distinct status from job_units")
    assert units == [("done",)]


@pytest.mark.slow
async def test_a_killed_crawl_is_noticed_though_scrapyd_calls_it_finished(
    cluster: Cluster, site: ReplicaProcess
) -> None:
    node = cluster.node()
    desk = cluster.desk
    site.add_fault("stall", f"/{MATCHES[0]}")
    job = await cluster.hand_in(site, MATCHES[0])
    process = desk.dispatcher("--once")
    await desk.until("select true from job_workers where seen_at is not null")
    os.kill(node.running()[0], signal.SIGKILL)
    out, err = await asyncio.to_thread(process.communicate, timeout=100)
    assert process.returncode == 0, out + err
    status, _, attempts, [line] = desk.job(job)
    assert (status, attempts) == ("completed", 2)
    assert "lost: its process ended" in line


async def test_a_scrapyd_that_is_away_costs_no_attempt(
    cluster: Cluster, site: ReplicaProcess
) -> None:
    node = cluster.node()
    node.stop()
    job = await cluster.hand_in(site, MATCHES[0], _max_attempts=1)
    process = cluster.desk.dispatcher("--once")
    away = f"{node.server} cannot be used now: {node.server}: nobody answers"
    await cluster.desk.says(process, away)
    await asyncio.sleep(1)
    assert cluster.desk.job(job) == (None, None, 0, [])
    node.start()
    out, err = await asyncio.to_thread(process.communicate, timeout=100)
    assert process.returncode == 0, out + err
    assert cluster.desk.job(job)[0] == "completed"


async def test_what_a_crawl_refuses_fails_the_job_at_once(
    cluster: Cluster, site: ReplicaProcess
) -> None:
    cluster.node()
    job = await cluster.hand_in(site, MATCHES[0], colour="red")
    code, said = await cluster.desk.work()
    assert code == 0, said
    status, reason, attempts, [line] = cluster.desk.job(job)
    assert (status, attempts) == ("failed", 1)
    assert reason.startswith("unknown argument 'colour'")
    assert "refused: unknown argument 'colour'" in line
