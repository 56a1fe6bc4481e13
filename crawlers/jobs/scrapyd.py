"""A client of one Scrapyd 1.6. What it says of success is not believed anywhere."""

from http import HTTPStatus
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx

from crawlers.errors import NodeAwayError, NodeError
from crawlers.jobs.nodes import State, Task
from crawlers.scrapyd_urls import ScrapydAddress

ANSWER_S = 10.0
"""The first call about a new egg starts a process, which lists the spiders."""
CONNECT_S = 3.0
LOG_TAIL = 8192
SHOWN = 300


class Load(NamedTuple):
    """What a Scrapyd has to do, all projects together."""

    pending: int
    running: int
    node_name: str


class Scrapyd:
    """One Scrapyd, and one project there.

    Every method raises NodeAwayError where nobody answers as a Scrapyd does just now, and
    NodeError where it refuses. Neither shows credentials.
    """

    def __init__(
        self, address: ScrapydAddress, project: str, *, answer_s: float = ANSWER_S
    ) -> None:
        """Ask the one at *address*, once something is to be asked."""
        self.address = address
        self.project = project
        auth = None
        if address.username is not None:
            auth = httpx.BasicAuth(address.username, address.password or "")
        self._client = httpx.AsyncClient(
            base_url=f"{address.server}/",
            auth=auth,
            timeout=httpx.Timeout(answer_s, connect=min(CONNECT_S, answer_s)),
            trust_env=False,  # a proxy of the environment is for the sites
        )

    async def __aenter__(self) -> Self:
        """Return it."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def load(self) -> Load:
        """Return how much it has to do."""
        found = await self._ask("GET", "daemonstatus.json")
        return Load(_number(found, "pending"), _number(found, "running"), str(found["node_name"]))

    async def schedule(self, task: Task) -> None:
        """Queue *task*. A call whose answer is lost may have queued it."""
        settings = [f"{name}={value}" for name, value in task.settings.items()]
        form = {"project": self.project, "spider": task.source, "jobid": task.id}
        form |= {"job": task.job}  # Scrapyd itself adds `_job`, with the id
        await self._ask("POST", "schedule.json", {"setting": settings} | form)

    async def cancel(self, task: str, *, force: bool = False) -> None:
        """Take *task* out of the queue; send it SIGINT where it runs, or SIGKILL by *force*."""
        form = {"project": self.project, "job": task, "signal": "KILL" if force else "INT"}
        await self._ask("POST", "cancel.json", form)

    async def states(self) -> dict[str, State]:
        """Return the state of every task that it knows of."""
        found = await self._ask("GET", "listjobs.json", params={"project": self.project})
        try:
            return {
                str(one["id"]): state
                for state in (State.FINISHED, State.RUNNING, State.PENDING)
                for one in found[state]
            }
        except (KeyError, TypeError):
            raise self._odd("a list of jobs that is none") from None

    async def tail(self, spider: str, task: str) -> str:
        """Return the end of the log of *task*; empty where there is none, or none any more."""
        path = f"logs/{self.project}/{spider}/{task}.log"
        head = await self._send("HEAD", path)
        # "The last bytes" of a file that has fewer is what Twisted answers with HTTP 500.
        start = max(0, int(head.headers.get("Content-Length", 0)) - LOG_TAIL)
        answer = await self._send("GET", path, headers={"Range": f"bytes={start}-"})
        return answer.text[-LOG_TAIL:] if answer.is_success else ""

    async def _ask(
        self, method: str, path: str, data: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        answer = await self._send(method, path, data=data, **options)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise NodeError(f"{self.address}: its username and password are others")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NodeError(f"{self.address}: there is no {path}: no Scrapyd, or an old one")
        if answer.is_error:
            raise self._odd(f"HTTP {answer.status_code}")
        try:
            found = answer.json()
        except ValueError:
            raise self._odd("no JSON") from None
        # Whatever goes wrong inside of it is HTTP 200.
        if not isinstance(found, dict) or found.get("status") not in {"ok", "error"}:
            raise self._odd("JSON of something else")
        if found["status"] == "error":
            raise NodeError(f"{self.address}: {_last_line(found.get('message'))}")
        return found

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise NodeAwayError(f"{self.address}: nobody answers", is_sent=False) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._odd(type(error).__name__) from None

    def _odd(self, what: str) -> NodeAwayError:
        return NodeAwayError(f"{self.address}: {what} instead of an answer", is_sent=True)


def _number(found: dict[str, Any], name: str) -> int:
    value = found.get(name)
    return value if isinstance(value, int) else 0


def _last_line(message: object) -> str:
    """Return the line that says what went wrong: a failed start comes with its whole traceback."""
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    return lines[-1][:SHOWN] if lines else "it says nothing of what went wrong"
