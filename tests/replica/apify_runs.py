"""Runs of an actor: their state, their rows and their cost follow from the time."""

import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from tests.replica.apify_rows import SHAPES

LIMITS = ("resultsLimit", "max_count")
ACCOUNTS = ("usernames", "Account")
ODD = frozenset({"private", "absent", "empty", "repeat", "blank", "broken", "half", "fatal"})
"""What may be special about an account; at a fatal one a run fails."""
GRACE = {"TIMED-OUT": "TIMING-OUT", "ABORTED": "ABORTING"}


@dataclass
class Rules:
    """What a run needs to know of its world."""

    shape: str
    followers: int
    shared: int
    seed: int
    odd: dict[str, str]
    microusd_per_row: int
    rows_per_s: float
    start_s: float
    grace_s: float
    cost_s: float


@dataclass
class Run:
    """One run. *ends* is how it ends, and after how many rows: None for all."""

    number: int
    input: dict[str, Any]
    query: dict[str, str]
    rules: Rules
    ends: tuple[str, int | None] = ("SUCCEEDED", None)
    began: float = field(default_factory=time.monotonic)
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        """Lay out the rows: so many for each account, one after the other."""
        self.id = f"run{self.number:014}"
        self.dataset = f"dataset{self.number:010}"
        self.store = f"store{self.number:012}"
        self.accounts: list[str] = next(self.input[key] for key in ACCOUNTS if key in self.input)
        self.limit: int = next(self.input[key] for key in LIMITS if key in self.input)
        self.bounds = [0, *accumulate(self._size(account) for account in self.accounts)]
        fatal = (at for at, one in enumerate(self.accounts) if self.rules.odd.get(one) == "fatal")
        if (place := next(fatal, None)) is not None:
            self.ends = ("FAILED", self.bounds[place])
        status, rows = self.ends
        self.status = status
        affordable = round(float(self.query["maxTotalChargeUsd"]) * 1e6)
        most = affordable // max(1, self.rules.microusd_per_row)
        self.end_rows = min(self.bounds[-1] if rows is None else rows, self.bounds[-1], most)

    def _size(self, account: str) -> int:
        size = min(self.rules.followers, self.limit)
        special = {"private": 1, "absent": 1, "empty": 0, "repeat": size * 2, "half": size // 2}
        return special.get(self.rules.odd.get(account, ""), size)

    @property
    def ended(self) -> float:
        """When its last row came, on the monotonic clock."""
        return self.began + self.rules.start_s + self.end_rows / self.rules.rows_per_s

    @property
    def rows_ready(self) -> int:
        """How many rows there are by now."""
        since = time.monotonic() - self.began - self.rules.start_s
        return max(0, min(self.end_rows, int(since * self.rules.rows_per_s)))

    @property
    def present_status(self) -> str:
        """The status by now."""
        now = time.monotonic()
        if now < self.began + self.rules.start_s:
            return "READY"
        if now < self.ended:
            return "RUNNING"
        is_ending = self.status in GRACE and now < self.ended + self.rules.grace_s
        return GRACE[self.status] if is_ending else self.status

    @property
    def charged_rows(self) -> int:
        """Rows that are charged: no more than `maxItems`, whatever comes."""
        return min(self.rows_ready, int(self.query["maxItems"]))

    @property
    def charged_microusd(self) -> int:
        """What it costs by now."""
        return self.charged_rows * self.rules.microusd_per_row

    def abort(self) -> None:
        """End it now."""
        if self.present_status in {"READY", "RUNNING"}:
            self.end_rows, self.status = self.rows_ready, "ABORTED"

    def as_json(self, *, is_owner: bool) -> dict[str, Any]:
        """Return the run as the API shows it."""
        status = self.present_status
        is_over = status == self.status
        ended_at = datetime.fromtimestamp(self.began_at.timestamp() + self.ended - self.began, UTC)
        is_final = is_over and time.monotonic() > self.ended + self.rules.cost_s
        cost = self.charged_microusd if is_final else self.charged_microusd // 2
        found = {
            "id": self.id,
            "actId": "replicaactor00001",
            "userId": "secretuserid00001",
            "startedAt": _iso(self.began_at),
            "finishedAt": _iso(ended_at) if is_over else None,
            "status": status,
            "statusMessage": f"{status}: {self.rows_ready} rows",
            "meta": {"origin": "API", "clientIp": "192.0.2.1"},
            "options": {"build": "latest", "timeoutSecs": int(self.query.get("timeout", 0))},
            "defaultKeyValueStoreId": self.store,
            "defaultDatasetId": self.dataset,
        }
        return found | ({"usageTotalUsd": cost / 1e6} if is_owner else {})

    def rows(self, offset: int, limit: int) -> Iterator[str | None]:
        """Yield rows as JSON; None for an empty one, which `clean` leaves out."""
        for number in range(offset, min(offset + limit, self.rows_ready)):
            place = bisect_right(self.bounds, number) - 1
            yield self._row(self.accounts[place], number - self.bounds[place])

    def _row(self, account: str, place: int) -> str | None:
        rules, odd = self.rules, self.rules.odd.get(account)
        match odd:
            case "private":
                return '{"error":"no_items","errorDescription":"Profile is private"}'
            case "absent":
                return (
                    f'{{"username":"{account}","error":"not_found","errorDescription":"No such"}}'
                )
            case "blank":
                return None
            case "broken" if place == 1:
                return f'{{"sourceUsername":"{account}","userId":"x-1","username":"user_x"}}'
            case "repeat":
                place //= 2
        return SHAPES[rules.shape](account, place, rules.shared, rules.seed)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
