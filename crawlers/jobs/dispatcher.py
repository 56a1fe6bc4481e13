"""The dispatcher: starts jobs that are due, and notices those whose workers have vanished."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from crawlers.errors import FrontierError, MigrationError, NodeAwayError, NodeError, StorageError
from crawlers.jobs.dispatching import Rules, Troubles, closing, end_of, line_of, spread
from crawlers.jobs.nodes import Node, State, Task
from crawlers.jobs.orders import forget_requests
from crawlers.storage.database import Database
from crawlers.storage.dispatching import Dispatches, Worker, live_by_node
from crawlers.storage.submissions import new_id
from crawlers.storage.vanished import Signs, Vanished, VanishedJobs

Say = Callable[[str], None]
NEVER_S = 10 * 365 * 86_400.0
ASKED_S = 15.0
"""No node is waited for any longer: what took more time was this process standing still."""
T = TypeVar("T")


class Dispatcher:
    """One of any number on the same database. What one has not written down, none relies on."""

    def __init__(
        self, database: Database, nodes: Sequence[Node], rules: Rules, say: Say, wake: asyncio.Event
    ) -> None:
        """Start workers on *nodes*, and *say* what happens. What sets *wake* asks for a look."""
        self._database = database
        self._dispatches, self._vanished = Dispatches(database), VanishedJobs(database)
        self._nodes = {node.name: node for node in nodes}
        self._rules = rules
        self._say = say
        self._wake = wake
        self._is_stopping = False
        self._forced = False
        self._watching_since = time.monotonic()
        self._troubles = Troubles(say)
        self._there: list[str] = []
        self._dequeued: set[str] = set()
        self._asked_s = 0.0
        """So long a look has waited for nodes. Meanwhile workers could be heard."""

    def stop(self) -> None:
        """Take no more jobs; the second call ends `run` at once."""
        self._forced = self._is_stopping
        self._is_stopping = True
        self._wake.set()

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._is_stopping

    @property
    def is_forced(self) -> bool:
        """Whether somebody asked for it twice."""
        return self._forced

    async def run(self, *, once: bool) -> None:
        """Dispatch until stopped; *once*: until no job is due or worked on."""
        while not self._is_stopping:
            try:
                await self.look()
                is_busy = not once or await self._dispatches.is_busy()
                self._troubles.over("the database")
            except MigrationError:
                raise
            except StorageError as error:
                self._troubles.has("the database", str(error))
                self._watching_since = time.monotonic()
                is_busy = True
            if not is_busy:
                return
            await self.rest()

    async def rest(self) -> None:
        """Wait until there may be something to do."""
        began = time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._rules.poll_s)
        self._wake.clear()
        if time.monotonic() - began > self._rules.poll_s + self._rules.silence_s / 2:
            self._watching_since = time.monotonic()  # this process, or its machine, stood still

    async def look(self) -> None:
        """Do once all that is to be done: ended workers, vanished jobs, due ones."""
        began, self._asked_s = time.monotonic(), 0.0
        for chore in self._rules.chores:
            await chore(self._database)
        workers = await self._dispatches.open()
        await self._look_at_nodes(workers)
        for one in await self._vanished.find(self._signs()):
            await self._settle(one)
        await self._dispatches.leave(self._rules.grace_s)
        if not self._is_stopping and await self._dispatches.is_due():
            await self._start()
        if time.monotonic() - began - self._asked_s > self._rules.silence_s / 2:
            self._watching_since = time.monotonic()

    async def _ask(self, answer: Awaitable[T]) -> T:
        """Wait for the *answer* of a node, which may hang with its machine."""
        began = time.monotonic()
        try:
            return await answer
        finally:
            self._asked_s += min(time.monotonic() - began, ASKED_S)

    @property
    def _is_fair(self) -> bool:
        """Whether silence means anything: while the database was away, nobody could be heard."""
        return time.monotonic() - self._watching_since > self._rules.silence_s

    def _signs(self) -> Signs:
        silence_s = self._rules.silence_s if self._is_fair else NEVER_S
        return Signs(self._there, silence_s, max(self._rules.grace_s, silence_s))

    async def _look_at_nodes(self, workers: Sequence[Worker]) -> None:
        self._there = []
        for name, node in self._nodes.items():
            ours = [worker for worker in workers if worker.node == name]
            try:
                states = await self._ask(node.states()) if ours else {}
                for worker in ours:
                    await self._look_at(node, worker, states.get(worker.id))
            except NodeError as error:
                self._troubles.has(name, str(error))
            else:
                if ours:
                    self._troubles.over(name)

    async def _look_at(self, node: Node, worker: Worker, state: State | None) -> None:
        if state is State.FINISHED:
            ending = await self._ask(node.ending(self._task(worker)))
            await self._dispatches.close(worker.id, *closing(ending))
            return
        is_cancelled = worker.cancelled_s is not None
        if state is None:
            if is_cancelled and not worker.is_seen and worker.id in self._dequeued:
                await self._dispatches.close(worker.id, "cancelled", "taken out of the queue")
            return
        if is_cancelled:
            await self._cancel(node, worker, state)
        patience_s = self._rules.frozen_s + (0 if worker.is_seen else self._rules.grace_s)
        is_frozen = self._is_fair and worker.silent_s > patience_s
        if state is State.RUNNING and is_frozen:
            self._say(f"job {worker.job}: a worker on {node.name} is frozen, and killed")
            await self._ask(node.stop(worker.id, force=True))
        else:
            self._there.append(worker.id)

    async def _cancel(self, node: Node, worker: Worker, state: State) -> None:
        """Ask *worker* once to end; then, when it had time enough, end it."""
        is_late = (worker.cancelled_s or 0) > self._rules.cancel_s
        if not is_late and not await self._dispatches.may_stop(worker.id):
            return
        how = "is killed" if is_late else "is asked to end"
        self._say(f"job {worker.job}: its worker on {node.name} {how}")
        await self._ask(node.stop(worker.id, force=is_late))
        if state is State.PENDING:
            self._dequeued.add(worker.id)

    async def _settle(self, one: Vanished) -> None:
        """End a job whose workers are gone, or let it be dispatched again."""
        signs, line, name = self._signs(), line_of(one), f"job {one.job} of {one.source}"
        if end := end_of(one):
            if await self._vanished.end(one, end, line, signs):
                self._say(f"{name}: {end.status}: {end.reason}")
                await self._forget(one.job)
            return
        wait_s = self._rules.wait_s(one.attempts)
        if await self._vanished.again(one, line, wait_s, signs):
            self._say(f"{name}: {line}; again in {wait_s:.0f} s")

    async def _forget(self, job: str) -> None:
        """Remove what Redis has of *job*. It is of no use to anybody, nor does it harm."""
        try:
            await forget_requests(job, self._rules.project)
        except FrontierError as error:
            self._say(str(error))

    async def _start(self) -> None:
        live = live_by_node(await self._dispatches.open())
        places = spread(
            {name: await self._free(node, live[name]) for name, node in self._nodes.items()}
        )
        if not places:
            return
        ids = [new_id() for _ in places]
        for worker in await self._dispatches.claim(places, ids, shared=self._rules.is_shared):
            await self._begin(worker)

    async def _free(self, node: Node, live: int) -> int:
        try:
            free = await self._ask(node.free(live))
        except NodeError as error:
            self._troubles.has(node.name, str(error))
            return 0
        self._troubles.over(node.name)
        return free

    async def _begin(self, worker: Worker) -> None:
        name = f"job {worker.job} of {worker.source}"
        try:
            handle = await self._ask(self._nodes[worker.node].start(self._task(worker)))
        except NodeAwayError as error:
            self._troubles.has(worker.node, str(error))
            await self._dispatches.undo(worker, self._rules.again_s[0])
        except NodeError as error:
            self._say(f"{name}: {error}")
            await self._dispatches.close(worker.id, "lost", str(error))
        else:
            self._say(f"{name}: started on {worker.node} as {handle}")
            await self._dispatches.hand(worker.id, handle)

    def _task(self, worker: Worker) -> Task:
        return Task(worker.id, worker.job, worker.source, self._rules.given)
