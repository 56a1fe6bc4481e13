"""What a site saw: every transfer, from the first byte of its request to its end."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.replica.http import Request

TOO_MANY = 429


@dataclass
class Transfer:
    """One request and its answer. Times are `time.monotonic`, system-wide on Linux."""

    number: int
    client: str
    method: str
    target: str
    user_agent: str
    accept: str
    start: float
    end: float | None = None
    """None while it runs; otherwise when the last byte went out, or the disconnect was seen."""
    status: int = 0
    """0: no answer was begun."""
    sent: int = 0
    """Bytes of the body."""
    sha256: str = ""
    """Of the bytes of the body that were sent."""
    complete: bool = False
    fault: str = ""
    """The kind of the scripted fault that met it."""
    violation: str = ""
    """Why a well-behaved client would not have sent this request now."""
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256, repr=False)

    def add(self, piece: bytes) -> None:
        """Count a *piece* of the body that was sent."""
        self.sent += len(piece)
        self.digest.update(piece)

    def as_json(self) -> dict[str, object]:
        """Give the plain values."""
        values = {k: v for k, v in self.__dict__.items() if k != "digest"}
        return values | {"sha256": self.digest.hexdigest()}


class TransferLog:
    """The transfers of one site, in the order of their requests."""

    def __init__(self, backoff_s: float = 60, file: Path | None = None) -> None:
        """Judge requests within *backoff_s* of a 429; append ended transfers to *file*."""
        self.backoff_s = backoff_s
        self.transfers: list[Transfer] = []
        self.open: list[Transfer] = []
        self._quiet_until = 0.0
        self._file = file
        self._changed = asyncio.Event()

    def begin(self, request: Request) -> Transfer:
        """Note that *request* has come in."""
        headers = request.headers
        transfer = Transfer(
            number=len(self.transfers),
            client=request.client,
            method=request.method,
            target=request.target,
            user_agent=headers.get("user-agent", ""),
            accept=headers.get("accept", ""),
            start=request.started,
        )
        if self.open:
            transfer.violation = "overlap"
        elif transfer.start < self._quiet_until:
            transfer.violation = "back-off"
        self.transfers.append(transfer)
        self.open.append(transfer)
        self.changed()
        return transfer

    def finish(self, transfer: Transfer, sent_at: float | None) -> None:
        """Note the end of *transfer*, complete if *sent_at* is given; a 429 begins a back-off."""
        transfer.end = time.monotonic() if sent_at is None else sent_at
        transfer.complete = sent_at is not None
        transfer.sha256 = transfer.digest.hexdigest()
        self.open.remove(transfer)
        if transfer.status == TOO_MANY:
            self._quiet_until = max(self._quiet_until, transfer.end + self.backoff_s)
        if self._file:
            with self._file.open("a") as out:
                out.write(json.dumps(transfer.as_json()) + "\n")
        self.changed()

    @property
    def max_overlap(self) -> int:
        """The greatest number of transfers that ran at one time."""
        return max_overlap((t.start, t.end) for t in self.transfers)

    @property
    def violations(self) -> list[Transfer]:
        """The requests that came during another transfer or within a back-off."""
        return [t for t in self.transfers if t.violation]

    def gaps(self) -> list[float]:
        """Seconds from the end of each transfer to the start of the next."""
        pairs = zip(self.transfers, self.transfers[1:], strict=False)
        return [b.start - a.end for a, b in pairs if a.end is not None]

    def changed(self) -> None:
        """Wake those who wait in `until`."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[["TransferLog"], bool]) -> None:
        """Wait for *condition*, judged again at each beginning, piece sent and end."""
        while not condition(self):
            await self._changed.wait()


def max_overlap(spans: Iterable[tuple[float, float | None]]) -> int:
    """Count the most *spans* (start, end or None) that share an instant; touching is none."""
    edges = []
    for start, end in spans:
        edges += [(start, 1), (float("inf") if end is None else end, -1)]
    now = most = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most
