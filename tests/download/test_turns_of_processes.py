"""Serial turns of several processes, some of which are killed, stopped or cut off."""

import asyncio
import os
import signal

from tests.download.conftest import Postgres, Workers
from tests.download.counting_server import CountingServer
from tests.download.serial import OPEN, SLOW, TERMINATE, TIMES, quarantine_s, seen_s


async def test_four_processes_and_two_databases_make_one_request_at_a_time(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = "pieces=3&pause=0.01"
    for url in (postgres.url, postgres.url, postgres.other_url, postgres.other_url):
        await workers.start(url, TIMES, count=4)
    for worker in workers.started:
        await worker.says("end")
    assert len(site.visits) == 16
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_machines_that_share_only_a_database_make_one_request_at_a_time(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = "pieces=3&pause=0.01"
    for machine in range(4):
        folder = workers.folder.with_name(f"machine{machine}")
        await workers.start(postgres.url, TIMES, folder, count=4)
    for worker in workers.started:
        await worker.says("end")
    assert len(site.visits) == 16
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_the_successors_of_a_killed_holder_wait_for_its_quarantine(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = SLOW
    first = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    os.kill(first.pid, signal.SIGKILL)
    far = workers.folder.with_name("far")
    same_machine = await workers.start(postgres.other_url, TIMES)
    same_database = await workers.start(postgres.url, TIMES, far)
    await same_machine.says("turn")
    await same_database.says("turn")
    await site.until(lambda: len(site.visits) == 3)
    assert min(v.began for v in site.visits[1:]) - site.visits[0].began >= seen_s()


async def test_a_holder_killed_before_it_sent_anything_is_waited_for_too(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    first = await workers.start(postgres.url, TIMES, hold=True)
    await first.says("turn")
    assert postgres.ask(OPEN) == 1
    os.kill(first.pid, signal.SIGKILL)
    second = await workers.start(postgres.url, TIMES, workers.folder.with_name("far"))
    await second.says("turn")
    assert postgres.ask(OPEN) == 1  # its own: the first one's is over
    await second.says("end")
    assert postgres.ask("SELECT epoch FROM serial_turns") == 2
    assert len(site.visits) == 1


async def test_a_stopped_holder_keeps_its_turn(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = "pieces=10&pause=0.1"
    first = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    os.kill(first.pid, signal.SIGSTOP)
    far = await workers.start(postgres.url, TIMES, workers.folder.with_name("far"))
    near = await workers.start(postgres.other_url, TIMES)
    await asyncio.sleep(quarantine_s() + 1)  # the time is the point: longer than any time-out
    assert len(site.visits) == 1
    near.process.kill()  # it shares neither database nor machine with the far one
    os.kill(first.pid, signal.SIGCONT)
    for worker in (first, far):
        await worker.says("end")
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_a_stopped_holder_that_lost_its_session_aborts_when_it_wakes(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = SLOW
    first = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    os.kill(first.pid, signal.SIGSTOP)
    assert postgres.ask(TERMINATE) == 1
    os.kill(first.pid, signal.SIGCONT)
    await first.says("lost")
    await site.until(lambda: site.open == 0)
    assert not site.visits[0].complete


async def test_a_restart_of_the_database_ends_the_transfer_and_the_next_one_waits(
    postgres: Postgres, site: CountingServer, workers: Workers
) -> None:
    site.default_query = SLOW
    worker = await workers.start(postgres.url, TIMES)
    await site.until(lambda: site.open == 1)
    restart = asyncio.create_task(postgres.restart(signal.SIGQUIT))
    await worker.says("lost")
    await site.until(lambda: site.open == 0)
    site.default_query = ""
    await restart
    await worker.says("end")
    assert not site.visits[0].complete
    assert site.visits[1].began - site.visits[0].began >= seen_s()
