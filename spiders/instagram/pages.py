"""Answers of the API. None is kept raw: they hold people, or whose token was used."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic_core import from_json, to_json

from crawlers.errors import PageError
from crawlers.items.base import Reject, Unknown
from crawlers.items.profiles import Follow
from crawlers.page import Found, Page
from spiders.instagram.answers import RunState, data_in, json_in, only_error, run_in
from spiders.instagram.rows import (
    Broken,
    Follower,
    Guess,
    Problem,
    Stranger,
    no_guess,
    read_row,
    redacted,
)

GOING_ON: Final = frozenset({"READY", "RUNNING", "TIMING-OUT", "ABORTING"})
SUCCEEDED: Final = "SUCCEEDED"
ENDED: Final = frozenset({SUCCEEDED, "FAILED", "TIMED-OUT", "ABORTED"})

Row = Follower | Problem | Stranger | Broken


class RunsPage(Page):
    """The runs of an actor, the newest first."""

    keep_raw: ClassVar[bool] = False

    def runs(self) -> list[RunState]:
        """Return the runs. Raises PageError."""
        items = data_in(self.url, self.body).get("items")
        if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
            raise PageError(self.url, "items is no list of objects")
        return [run_in(self.url, one) for one in items]

    def read_links(self) -> Iterator[str]:
        """Yield the address of each run."""
        for run in self.runs():
            yield self.absolute(f"/v2/actor-runs/{run.id}")


class RunPage(Page):
    """One run: how it is going."""

    keep_raw: ClassVar[bool] = False

    def run(self) -> RunState:
        """Return the run. Raises PageError."""
        return run_in(self.url, data_in(self.url, self.body))

    def read_items(self) -> Iterator[Found]:
        """Yield a status that the documentation does not name."""
        if (status := self.run().status) not in GOING_ON | ENDED:
            yield Unknown("run status", status)

    def read_links(self) -> Iterator[str]:
        """Yield the addresses of its rows and of its input."""
        run = self.run()
        yield self.absolute(f"/v2/datasets/{run.dataset}/items")
        yield self.absolute(f"/v2/key-value-stores/{run.store}/records/INPUT")


class InputPage(Page):
    """What a run was asked for: a record of a key-value store, without an envelope."""

    keep_raw: ClassVar[bool] = False

    def input(self) -> dict[str, Any]:
        """Return the input. Raises PageError."""
        found = json_in(self.url, self.body)
        if not isinstance(found, dict):
            raise PageError(self.url, "the input is no object")
        return found

    def is_for(self, wanted: dict[str, Any]) -> bool:
        """Tell whether the input is *wanted*; the platform may have added what is usual."""
        found = self.input()
        return all(found.get(key) == value for key, value in wanted.items())

    def read_items(self) -> Iterator[Found]:
        """Yield nothing of an input that can be read."""
        self.input()
        return iter(())


class FollowersPage(Page):
    """A part of a run's dataset: rows without an envelope."""

    keep_raw: ClassVar[bool] = False

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Leave what has a column, and errors; nothing of what cannot be read."""
        try:
            rows = from_json(body, allow_inf_nan=False)
        except ValueError:
            return b""
        return to_json(list(map(redacted, rows))) if isinstance(rows, list) else only_error(body)

    def rows(self, guess: Guess = no_guess) -> Iterator[Row]:
        """Yield what each row is; *guess* says of which gender a name is."""
        rows = json_in(self.url, self.body)
        if not isinstance(rows, list):
            raise PageError(self.url, "no list of rows")
        for row in rows:
            yield read_row(row, guess)

    def read_items(self) -> Iterator[Found]:
        """Yield each profile and whom it follows; what is no follower is a Reject."""
        for row in self.rows():
            match row:
                case Follower():
                    yield row.profile
                    if row.account:
                        yield follow(row.account, row)
                case Problem():
                    yield Reject(f"account {row.account}", row.reason, b"")
                case Stranger():
                    yield Reject("row", row.problem, b"")
                case Broken():
                    yield Reject("row", row.reason, row.body)


def follow(account: str, row: Follower) -> Follow:
    """Return that the profile of *row* follows *account*."""
    return Follow(platform="instagram", account=account, profile_id=row.profile.id)
