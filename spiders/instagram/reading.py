"""Reading the rows of a run: what is kept, what is counted, and how far each account has come."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pydantic import Field

from crawlers.errors import PageError
from crawlers.items.base import Record, Reject
from crawlers.page import Found
from spiders.instagram.pages import Row, follow
from spiders.instagram.rows import Broken, Follower, Problem, Stranger

PROBLEMS_MAX: Final = 200
FOREIGN: Final = 10
"""So many rows about other accounts, and none about its own, and a run is of no use."""


class ShapeError(PageError):
    """Raised for rows that nobody here can read: the actor is the wrong one."""


class NamelessError(ShapeError):
    """Raised for rows that can be read where a run has one account, and has several."""


class Counts(Record, strict=False):
    """What has been read of a run's dataset, up to *offset*.

    *by_account* are rows, repetitions included: those are charged. *last* holds the account of the
    last row, in a list, so that it can be forgotten; where rows of accounts are *mixed* it says
    nothing. *problems* are by account, or under "" where the actor names none. *polls* counts
    answers since the last row, *lags* those in a row that knew nothing of the run.
    """

    offset: int = 0
    rows: int = 0
    kept: int = 0
    others: int = 0
    errors: int = 0
    rejected: int = 0
    by_account: dict[str, int] = Field(default_factory=dict)
    last: tuple[str, ...] = ()
    is_mixed: bool = False
    problems: dict[str, str] = Field(default_factory=dict)
    polls: int = 0
    lags: int = 0
    is_whole: bool = False

    def of(self, account: str) -> int:
        """Return how many rows there are of *account*."""
        return self.by_account.get(account, 0)

    def is_left(self, account: str) -> bool:
        """Tell whether the actor has gone on to another account."""
        return not self.is_mixed and self.of(account) > 0 and account not in self.last


class Reader:
    """Reads rows of a run for *accounts*, beginning with *counts*; keeps the gender *wanted*."""

    def __init__(self, accounts: Sequence[str], counts: Counts, wanted: str) -> None:
        """Count from *counts* on."""
        self._accounts = frozenset(accounts)
        self._only = accounts[0] if len(accounts) == 1 else None
        self._wanted = wanted
        self._before = counts
        self._by_account = dict(counts.by_account)
        self._problems = dict(counts.problems)
        self._last = next(iter(counts.last), None)
        self._is_mixed = counts.is_mixed
        self.rows = self.kept = self.others = self.errors = self.rejected = self.foreign = 0

    def read(self, url: str, rows: Iterable[Row]) -> Iterator[Found]:
        """Yield what is kept.

        Raises ShapeError where none of the first rows can be read, or where as many as `FOREIGN`
        and all of them are about accounts that nobody asked for: further runs would bring the same.
        """
        for row in rows:
            self.rows += 1
            match row:
                case Follower():
                    yield from self._follower(url, row)
                case Problem():
                    self._problem(row)
                case Stranger():
                    yield self._unreadable(ShapeError(url, row.problem))
                case Broken():
                    self._count(row.account if row.account in self._accounts else self._last)
                    yield self._rejected(row.reason, row.body)
        rejected_before = self._before.rejected == self._before.rows
        is_strange = self.foreign == self.rows and self._before.rows + self.rows >= FOREIGN
        if self.rows and is_strange and rejected_before:
            raise ShapeError(url, "none is about an account that was asked for")

    def counts(self, scanned: int) -> Counts:
        """Return the counts after a page of which the API *scanned* so many rows."""
        before = self._before
        return Counts(
            offset=before.offset + max(scanned, self.rows),
            rows=before.rows + self.rows,
            kept=before.kept + self.kept,
            others=before.others + self.others,
            errors=before.errors + self.errors,
            rejected=before.rejected + self.rejected,
            by_account=self._by_account,
            last=(self._last,) if self._last else (),
            is_mixed=self._is_mixed,
            problems=self._problems,
            polls=0 if self.rows else before.polls,
        )

    def _follower(self, url: str, row: Follower) -> Iterator[Found]:
        account = row.account or self._only
        if account is None:
            problem = "do not name their account: give batch=1"
            yield self._unreadable(NamelessError(url, problem))
            return
        if account not in self._accounts:
            self.foreign += 1
            yield self._rejected("its account is none of those that were asked for")
            return
        self._count(account)
        if self._wanted not in {"any", row.profile.gender}:
            self.others += 1
            return
        self.kept += 1
        yield row.profile
        yield follow(account, row)

    def _count(self, account: str | None) -> None:
        """Count a row that is charged as one of *account*."""
        if account:
            self._came_to(account)
            self._by_account[account] = self._by_account.get(account, 0) + 1

    def _problem(self, row: Problem) -> None:
        self.errors += 1
        account = row.account if row.account in self._accounts else self._only
        if account:
            self._came_to(account)
        if len(self._problems) < PROBLEMS_MAX:
            self._problems.setdefault(account or "", row.reason)

    def _came_to(self, account: str) -> None:
        if account != self._last:
            self._is_mixed = self._is_mixed or account in self._by_account
            self._last = account

    def _unreadable(self, error: ShapeError) -> Reject:
        """Return what becomes of one row among others. Raises *error* where all are like it."""
        if not (self._before.rows - self._before.rejected + self.kept + self.others):
            raise error
        return self._rejected(error.problem)

    def _rejected(self, problem: str, body: bytes = b"") -> Reject:
        self.rejected += 1
        return Reject("row", problem, body)
