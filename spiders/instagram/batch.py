"""A batch of accounts and how far it has come: plain JSON in requests, and in a mark."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Self

from pydantic import Field

from crawlers.items.base import Record
from crawlers.items.profiles import AccountProblem, ApifyRun
from spiders.instagram.answers import RunState
from spiders.instagram.pages import SUCCEEDED
from spiders.instagram.reading import Counts

RETRIES: Final = 3
NOTHING: Final = "nothing came, it is private, absent or without followers"
COMPLETE: Final = ""


class Caps(Record):
    """What the runs of a batch, all together, may bring and cost."""

    max_followers: int
    max_cost_microusd: int


class Batch(Record, strict=False):
    """Accounts that one run is asked for, and the runs that there have been.

    *name* stays when somebody is forgotten who was one of *accounts*. By the clock of the API:
    since *since_ms* another crawl, since *intent_ms* this one or another may have started the run.
    *intents* counts the starts that were intended. *ended* says of each account that needs no
    further run why there is nothing of it, or "". *rows* and *cost_microusd* are those of the
    earlier runs. *is_nameless*: its rows are of no use, for they do not say of which account they
    are.
    """

    name: str
    accounts: tuple[str, ...]
    caps: Caps
    attempt: int = 1
    since_ms: int | None = None
    intent_ms: int | None = None
    intents: int = 0
    looks: int = 0
    busy: int = 0
    ended: dict[str, str] = Field(default_factory=dict)
    rows: int = 0
    cost_microusd: int = 0
    run: RunState | None = None
    counts: Counts = Counts()
    is_nameless: bool = False

    @classmethod
    def of(cls, value: Any) -> Self:
        """Read what `data` wrote."""
        return cls.model_validate(value)

    def data(self) -> dict[str, Any]:
        """Return plain JSON."""
        return self.model_dump(mode="json")

    def kept(self) -> dict[str, Any]:
        """Return what is kept of it in a mark: not what the actor says, which may name anybody."""
        return self.model_dump(mode="json", exclude={"run": {"message"}})

    def but(self, **changes: Any) -> Self:
        """Return a copy with *changes*."""
        return self.model_copy(update=changes)

    @property
    def left(self) -> tuple[str, ...]:
        """The accounts that the present run is for."""
        return tuple(account for account in self.accounts if account not in self.ended)

    @property
    def max_items(self) -> int:
        """How many rows the present run may charge: what one whole run may, less what came."""
        return self.caps.max_followers * len(self.accounts) - self.rows

    @property
    def max_cost_microusd(self) -> int:
        """What the present run may cost."""
        return self.caps.max_cost_microusd - self.cost_microusd

    @property
    def is_dear(self) -> bool:
        """Whether one row more, at what the rows cost so far, would exceed the cap."""
        return self.rows > 0 and self.cost_microusd > self.max_cost_microusd * self.rows

    def judged(self) -> Self:
        """Return the batch after its run: which accounts have ended, and what has been spent.

        A run that succeeded has come to the end of every list, unless a cap ended it. The cap of
        rows did not where more of them came: it is one of what is charged.
        """
        run, counts = self.run, self.counts
        assert run is not None  # noqa: S101 - only a run can end
        spent = self.but(
            rows=self.rows + counts.rows,
            cost_microusd=self.cost_microusd + self.cost_of_run(run),
        )
        is_capped = spent.max_items == 0 or spent.is_dear
        ended = dict(self.ended)
        for account in self.left:
            found = counts.of(account)
            if found >= self.caps.max_followers:
                ended[account] = COMPLETE
            elif account in counts.problems:
                ended[account] = counts.problems[account]
            elif counts.is_left(account):
                ended[account] = COMPLETE
            elif run.status == SUCCEEDED and not is_capped:
                ended[account] = COMPLETE if found else counts.problems.get("", NOTHING)
        return spent.but(ended=ended)

    def cost_of_run(self, run: RunState) -> int:
        """Return what the run cost; of one that does not say so, its rows' share of the cap."""
        if run.cost_microusd is not None:
            return run.cost_microusd
        return -(-self.max_cost_microusd * self.counts.rows // max(1, self.max_items))

    def why_no_more(self) -> str | None:
        """Say why no further run is paid for although accounts are left; None: one more is."""
        run = self.run
        assert run is not None  # noqa: S101 - the same
        said = f"{run.status}: {run.message}" if run.message else run.status
        if self.max_items <= 0:
            return f"as many rows were charged as one run may bring ({said})"
        if self.max_cost_microusd <= 0 or self.is_dear:
            return f"max_cost_usd is spent ({said})"
        if self.attempt > RETRIES:
            return f"{self.attempt} runs ended early ({said})"
        return None

    def next_attempt(self) -> Self:
        """Return the batch before its next run: nobody has begun that before this one ended."""
        ended_at = self.run.finished_at if self.run else None
        return self.but(
            attempt=self.attempt + 1,
            since_ms=epoch_ms(ended_at) if ended_at else None,
            intent_ms=None,
            looks=0,
            run=None,
            counts=Counts(),
        )

    def item(self, actor: str) -> ApifyRun:
        """Return the run as a row, before `judged`."""
        run, counts = self.run, self.counts
        assert run is not None  # noqa: S101 - the same
        return ApifyRun(
            id=run.id,
            actor=actor,
            dataset=run.dataset,
            accounts=self.left,
            attempt=self.attempt,
            status=run.status,
            outcome=self._outcome(run),
            message=run.message,
            started_at=run.started_at,
            finished_at=run.finished_at,
            max_items=self.max_items,
            max_cost_microusd=self.max_cost_microusd,
            rows_read=counts.rows,
            kept=counts.kept,
            others=counts.others,
            errors=counts.errors,
            rejected=counts.rejected,
            problems=tuple(self._problems()) or None,
            cost_microusd=run.cost_microusd,
        )

    def _outcome(self, run: RunState) -> Any:
        if not self.counts.is_whole:
            return "running"
        if run.status == SUCCEEDED:
            return "complete"
        return "partial" if self.counts.kept + self.counts.others else "failed"

    def _problems(self) -> Iterator[AccountProblem]:
        for account, reason in self.counts.problems.items():
            yield AccountProblem(account=account or None, reason=reason)


def digest_of(*what: Any) -> str:
    """Return a short name for *what*."""
    return sha256(repr(what).encode()).hexdigest()[:12]


def epoch_ms(at: datetime) -> int:
    """Return epoch milliseconds."""
    return int(at.timestamp() * 1000)
