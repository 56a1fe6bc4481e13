"""A dispatcher's life: what it needs, its signals, and its end in good order."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from crawlers.config import Config
from crawlers.errors import CrawlersError
from crawlers.extras import extra
from crawlers.jobs.dispatcher import Dispatcher, Say
from crawlers.jobs.dispatching import Rules
from crawlers.jobs.nodes import Node
from crawlers.jobs.processes import Processes
from crawlers.storage.database import Database
from crawlers.storage.dispatching import Dispatches, listen
from crawlers.verdict import Exit

RETRY_S = 5.0
"""The dispatcher itself goes on when the database stays away for longer."""


async def work(settings: Config, rules: Rules, workers: int, say: Say, *, once: bool) -> Exit:
    """Dispatch jobs until a signal comes; return the exit code.

    *workers* run at once, on each node. *once*: until no job is due or worked on.
    """
    database = Database(settings, retry_s=RETRY_S)
    wake = asyncio.Event()
    nodes = nodes_of(settings, workers, wake.set)
    dispatcher = Dispatcher(database, nodes, rules, say, wake)
    try:
        if once:
            await database.open()  # what is wrong with it, is said at once
        async with (
            _signals(dispatcher),
            _listening(database, wake, rules.poll_s),
            _accompanied(database, rules),
        ):
            await dispatcher.run(once=once)
            for node in nodes:
                if isinstance(node, Processes):
                    await _wind_down(dispatcher, Dispatches(database), node, say)
    finally:
        for node in nodes:
            await node.close()
        await database.close()
    is_cut = (dispatcher.is_stopping and once) or dispatcher.is_forced
    return Exit.PARTIAL if is_cut else Exit.COMPLETED


def nodes_of(settings: Config, workers: int, ended: Callable[[], None]) -> list[Node]:
    """Return the Scrapyds of the configuration; without any, this machine."""
    if not settings.scrapyds:
        here = Processes(settings.home / "logs", workers, ended)
        here.remove_old_logs()
        return [here]
    with extra("server", "SCRAPYD_URLS needs"):
        from crawlers.jobs.scrapyd import Scrapyd  # noqa: PLC0415 - laptops need none
        from crawlers.jobs.scrapyd_node import ScrapydNode  # noqa: PLC0415 - the same
    project = settings.scrapyd_project
    return [ScrapydNode(Scrapyd(one, project), workers) for one in settings.scrapyds]


@asynccontextmanager
async def _signals(dispatcher: Dispatcher) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, dispatcher.stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _listening(database: Database, wake: asyncio.Event, poll_s: float) -> AsyncIterator[None]:
    task = asyncio.create_task(listen(database, wake.set, poll_s))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _accompanied(database: Database, rules: Rules) -> AsyncIterator[None]:
    """Let what goes on beside the dispatcher do so, and end in good order after it."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for companion in rules.companions:
            group.create_task(companion(database, stopping))
        try:
            yield
        finally:
            stopping.set()


async def _wind_down(
    dispatcher: Dispatcher, records: Dispatches, processes: Processes, say: Say
) -> None:
    """Let the workers here end, and give their jobs back, which others then go on with."""
    while processes.running and not dispatcher.is_stopping:
        await dispatcher.rest()  # their jobs have ended, and they are about to
    ours = processes.running
    if not ours:
        return
    say(f"waiting for {len(ours)} workers; once more to end them at once")
    for worker in ours:
        await processes.stop(worker, force=False)
    while processes.running:
        if dispatcher.is_forced:
            for worker in processes.running:
                await processes.stop(worker, force=True)
        await dispatcher.rest()
    try:
        for worker in ours:
            await records.close(worker, "lost", "its dispatcher was stopped")
        await records.put_back(ours)
    except CrawlersError as error:
        # Whoever looks next sees that they are silent.
        say(f"the jobs were not given back: {error}")
