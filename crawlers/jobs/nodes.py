"""Places that run workers: this machine, or a Scrapyd."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

SHOWN = 300
SUMMARY = re.compile(r"\w+: (?:failed|interrupted) in [\d,.]+ s: (.+)")
"""The last line of a crawl that did not come to its own end."""


class State(StrEnum):
    """Where a process that was asked for is."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    """It has ended. How it went is another question."""


@dataclass(frozen=True, slots=True)
class Task:
    """A worker to start, under an *id* that no other one ever has."""

    id: str
    job: str
    source: str
    settings: Mapping[str, str] = field(default_factory=dict)


class Ending(NamedTuple):
    """How a process ended. *code* is None where nobody can tell."""

    code: int | None
    words: str


class Node(Protocol):
    """A place that runs workers. Methods raise NodeError; NodeAwayError for one that is away."""

    name: str

    async def free(self, live: int) -> int:
        """Return how many more workers it takes, where *live* ones are known to be there."""

    async def start(self, task: Task) -> str:
        """Start *task*, or queue it; return where it is, in words."""

    async def states(self) -> Mapping[str, State]:
        """Return what it knows of the workers, by their ids. It may have forgotten some."""

    async def ending(self, task: Task) -> Ending:
        """Return how *task*, which is finished, ended."""

    async def stop(self, worker: str, *, force: bool) -> None:
        """Let a worker end in good order, or at once by *force*. Nothing, if it is not there."""

    async def close(self) -> None:
        """Leave it. Its workers go on."""


def last_words(log: str) -> str:
    """Return the line of a worker's *log* that says best how it ended."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    if told := [found for line in lines if (found := SUMMARY.fullmatch(line))]:
        return told[-1][1][:SHOWN]
    for mark in ("scrapy crawl: ", " ERROR: ", " CRITICAL: "):
        for line in reversed(lines):
            if mark in line:
                return line.rpartition(mark)[2][:SHOWN]
    return lines[-1][:SHOWN] if lines else ""
