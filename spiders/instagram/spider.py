"""Followers of accounts, in batches: start a run, ask how it goes, read its rows while it does."""

import asyncio
from collections.abc import AsyncIterator, Container, Iterable, Iterator
from itertools import islice
from time import time
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawlers.errors import NamesError, PageError
from crawlers.gender import METHOD, gender_of, prepare
from crawlers.headers import header
from crawlers.items.profiles import Gender
from crawlers.stopping import stop
from spiders.instagram.batch import Batch, digest_of
from spiders.instagram.pages import ENDED, GOING_ON, FollowersPage, RunPage
from spiders.instagram.reading import Reader
from spiders.instagram.settling import SettlingSpider
from spiders.instagram.starts import POLL_FIRST_S
from spiders.instagram.steps import AsyncResults, batch_key, step

ROWS_AT_ONCE = 1000
POLL_GROWTH, POLL_LONGEST_S = 1.5, 30.0
FINAL_COST_S = 10.0
"""So long after its end what a run says of its cost is preliminary."""
DAY_S = 86_400


class InstagramSpider(SettlingSpider):
    """Store profiles and whom they follow; an account that was read is not paid for again."""

    name = "instagram"

    async def start(self) -> AsyncIterator[Request]:
        """Begin with batches that are under way, then with accounts that are not read yet."""
        try:
            await asyncio.to_thread(prepare)  # reads files, or makes them
        except NamesError as error:
            stop(self.crawler, str(error), "names")
            return
        names = {mark["batch"] for mark in (await self.marks()).values() if "batch" in mark}
        under_way = await self.under_way(names)
        marks = await self.marks()  # whose batch has ended since is read, and not lost
        for batch in [*under_way.values(), *self.batches(marks, names - under_way.keys())]:
            if not self.args.job:  # another worker may end what begins here
                await self.room.acquire()
            yield self.seed(batch)

    async def marks(self) -> dict[str, dict[str, Any]]:
        """Return what is known, by account."""
        keys = {self.account_key(account): account for account in self.args.accounts}
        return {keys[key]: mark for key, mark in (await self.memory.values(keys)).items()}

    async def under_way(self, names: Iterable[str]) -> dict[str, Batch]:
        """Return those of the batches with *names* that are there, and of use."""
        keys = {batch_key(name): name for name in sorted(names)}
        found = await self.memory.values(keys)
        return {
            name: Batch(name=name, accounts=tuple(mark["accounts"]), caps=self.caps)
            for key, name in keys.items()
            if (mark := found.get(key)) and not (mark.get("is_nameless") and self.args.batch == 1)
        }

    def batches(self, marks: dict[str, dict[str, Any]], lost: Container[str]) -> Iterator[Batch]:
        """Yield new batches of the accounts that are wanted by their *marks*."""
        accounts = self.args.accounts
        wanted = iter([one for one in accounts if self.is_wanted(marks.get(one), lost)])
        while some := tuple(islice(wanted, self.args.batch)):
            name = digest_of(self.question, some)
            yield Batch(name=name, accounts=some, caps=self.caps)

    def is_wanted(self, mark: dict[str, Any] | None, lost: Container[str]) -> bool:
        """Tell whether an account has to be asked for: not read, failed, or read long ago.

        So has one of a batch that is *lost*: somebody was forgotten whom it was about, or its rows
        named no account, and now each has a run of its own.
        """
        if mark is None:
            return True
        if "batch" in mark:
            return mark["batch"] in lost
        days = self.args.max_age_days
        return mark["failed"] or (days is not None and mark["at_s"] < time() - days * DAY_S)

    def seed(self, batch: Batch) -> Request:
        """Return the first request of a batch; its address and its number are the batch's own."""
        request = self.list_runs(batch)
        request.meta["try"] = int(batch.name, 16)
        return request.replace(url=f"{request.url}#{batch.name}", dont_filter=False)

    def poll(self, batch: Batch, *, wait_s: float = 0) -> Request:
        """Ask how the run is going."""
        return self.ask(self.run_path(batch), self.parse_run, batch, wait_s=wait_s)

    @step(RunPage, otherwise="gone")
    async def parse_run(self, page: RunPage, _: Response, batch: Batch) -> AsyncResults:
        """Read what rows there are; once the run has ended, all of them."""
        batch = with_run(page, batch)
        for one in page.items():
            yield one
        yield self.read_rows(batch, is_last=has_ended(batch))

    def read_rows(self, batch: Batch, *, is_last: bool) -> Request:
        """Ask for the rows from where the last page ended."""
        assert batch.run is not None  # noqa: S101 - its rows are read
        query = f"offset={batch.counts.offset}&limit={ROWS_AT_ONCE}&clean=1"
        path = f"/v2/datasets/{batch.run.dataset}/items?{query}"
        return self.ask(path, self.parse_rows, batch, is_last=is_last)

    @step(FollowersPage, otherwise="unread")
    async def parse_rows(
        self, page: FollowersPage, response: Response, batch: Batch, *, is_last: bool
    ) -> AsyncResults:
        """Store a page of rows and how far that is, and go on until there is nothing more."""
        reader = Reader(batch.left, batch.counts, self.args.gender)
        for found in reader.read(page.url, page.rows(guess)):
            yield found
        counts = reader.counts(scanned(response))
        advance = counts.offset - batch.counts.offset
        is_whole = is_last and not advance
        batch = batch.but(counts=counts.model_copy(update={"is_whole": is_whole}))
        if advance or is_whole:
            yield batch.item(self.actor.name)
            yield self.remember(batch)
        yield self.after_rows(batch, advance, is_last=is_last)

    def after_rows(self, batch: Batch, advance: int, *, is_last: bool) -> Request:
        """Return what comes after a page on which the offset has moved by *advance*."""
        if batch.counts.is_whole:
            path = self.run_path(batch)
            return self.ask(path, self.parse_cost, batch, wait_s=FINAL_COST_S)
        if is_last or advance >= ROWS_AT_ONCE:
            return self.read_rows(batch, is_last=is_last)
        polls = batch.counts.polls
        wait_s = min(POLL_FIRST_S * POLL_GROWTH**polls, POLL_LONGEST_S)
        counts = batch.counts.model_copy(update={"polls": min(polls + 1, 20)})
        return self.poll(batch.but(counts=counts), wait_s=wait_s)

    @step(RunPage, otherwise="gone")
    async def parse_cost(self, page: RunPage, _: Response, batch: Batch) -> AsyncResults:
        """Book the cost, which is final now; a run that was resurrected goes on."""
        batch = with_run(page, batch)
        if not has_ended(batch):
            yield self.poll(batch)
            return
        for one in self.run_ended(batch):
            yield one


def guess(full_name: str | None) -> tuple[Gender, float | None, str]:
    """Return the gender that a name suggests, how probable it is, and by which method."""
    found = gender_of(full_name)
    return found.gender, found.confidence, METHOD


def with_run(page: RunPage, batch: Batch) -> Batch:
    """Return *batch* with the run as *page* shows it. Raises PageError for another run."""
    run = page.run()
    if batch.run is None or run.id != batch.run.id:
        raise PageError(page.url, "another run than was asked for")
    return batch.but(run=run)


def has_ended(batch: Batch) -> bool:
    """Tell whether the run has ended; a status that nobody knows has, where there is an end."""
    run = batch.run
    assert run is not None  # noqa: S101 - its status is asked for
    return run.status in ENDED or (run.status not in GOING_ON and run.finished_at is not None)


def scanned(response: Response) -> int:
    """Return how many rows the API looked at, which may be more than it returned."""
    count = header(response, "X-Apify-Pagination-Count") or ""
    return int(count) if count.isascii() and count.isdigit() else 0
