"""Workers on a Scrapyd. That it says "finished" means that a process has ended, no more."""

from collections.abc import Mapping

from crawlers.errors import NodeAwayError, NodeError
from crawlers.jobs.nodes import Ending, State, Task, last_words
from crawlers.jobs.scrapyd import Scrapyd
from crawlers.verdict import REFUSED, Exit


class ScrapydNode:
    """A Scrapyd, with room for so many workers of ours (*size*), whoever started them."""

    def __init__(self, scrapyd: Scrapyd, size: int) -> None:
        """Speak to *scrapyd*."""
        self.name = scrapyd.address.server
        self._scrapyd = scrapyd
        self._size = size

    async def free(self, live: int) -> int:
        """Return how many more workers there is room for. Raises NodeError when it is unusable."""
        if live < self._size:
            await self._scrapyd.load()
        return self._size - live

    async def start(self, task: Task) -> str:
        """Queue *task*. One whose answer was lost may be there: whether it is, its life tells."""
        try:
            await self._scrapyd.schedule(task)
        except NodeAwayError as error:
            if not error.is_sent:
                raise
        return f"task {task.id}"

    async def states(self) -> Mapping[str, State]:
        """Return the states of what it knows. After a restart it knows only what is pending."""
        return await self._scrapyd.states()

    async def ending(self, task: Task) -> Ending:
        """Return its last words; exit codes are nowhere to be asked for."""
        try:
            words = last_words(await self._scrapyd.tail(task.source, task.id))
        except NodeError:
            return Ending(None, "")
        if words.startswith(REFUSED):
            return Ending(Exit.WRONG_USE, words.removeprefix(REFUSED))
        return Ending(None, words)

    async def stop(self, worker: str, *, force: bool) -> None:
        """Take it out of the queue, or let it end."""
        await self._scrapyd.cancel(worker, force=force)

    async def close(self) -> None:
        """Close the connections."""
        await self._scrapyd.close()
