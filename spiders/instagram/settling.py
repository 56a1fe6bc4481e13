"""How runs and batches end: well, early, without anything, or because nobody can read the rows."""

from collections import Counter
from time import time
from typing import Any

from scrapy.http import Response

from crawlers.errors import PageError, UpstreamError
from crawlers.items.base import Mark
from crawlers.stopping import stop
from spiders.instagram.answers import ApiError
from spiders.instagram.batch import Batch
from spiders.instagram.pages import RunPage, RunsPage
from spiders.instagram.reading import NamelessError, ShapeError
from spiders.instagram.refusals import GONE
from spiders.instagram.starts import StartsSpider
from spiders.instagram.steps import AsyncResults, Results, batch_key, start_key, step

LAGS, LAG_S = 5, 1.0
"""A run that has just been started may be unknown for some seconds."""


class SettlingSpider(StartsSpider):
    """From the end of a run to the end of its batch."""

    def run_ended(self, batch: Batch) -> Results:
        """End the batch, or begin another run for what is left of it."""
        yield batch.item(self.actor.name)
        batch = batch.judged()
        why = batch.why_no_more() if batch.left else None
        if why is None and batch.left:
            yield self.list_runs(batch.next_attempt())  # another crawl may have begun it by now
        else:
            yield from self.finish(batch, why)

    def finish(self, batch: Batch, why: str | None = None) -> Results:
        """Remember how each account ended: read, without anything, or failed."""
        at_s = int(time())
        for account in batch.accounts:
            failed = account not in batch.ended
            reason = why if failed else batch.ended[account]
            mark = {"at_s": at_s, "failed": failed, "reason": reason or None}
            yield Mark(self.account_key(account), mark)
        yield Mark(batch_key(batch.name), None)
        yield Mark(start_key(batch.name), None)
        reasons = Counter(filter(None, (batch.ended.get(one, why) for one in batch.accounts)))
        if not reasons:
            self.room.release()
            return
        reason = f"{reasons.most_common(1)[0][0]} ({reasons.total()} of {len(batch.accounts)})"
        path = f"/v2/actors/{self.actor.path}/runs?limit=1"
        yield self.ask(path, self.parse_ended, batch, reason=reason)

    @step(RunsPage)
    async def parse_ended(
        self, page: RunsPage, _: Response, __: Batch, reason: str
    ) -> AsyncResults:
        """Let the batch count as refused; what it brought is committed by now."""
        for one in self.not_whole(page.url, reason):
            yield one

    def not_whole(self, url: str, reason: str) -> Results:
        """Raise: there are accounts without anything, or not all of it."""
        raise UpstreamError(url, reason)

    def gone(self, error: PageError, batch: Batch, **_: Any) -> Results:
        """Wait for a run that has just been started; one that stays away has ended somehow."""
        assert batch.run is not None  # noqa: S101 - it was asked for
        if not isinstance(error, ApiError) or error.kind not in GONE:
            yield from self.refused(error, batch)
        elif batch.counts.lags < LAGS:
            counts = batch.counts.model_copy(update={"lags": batch.counts.lags + 1})
            yield self.poll(batch.but(counts=counts), wait_s=LAG_S)
        else:
            update = {"status": "ABORTED", "message": "Apify does not know the run any more"}
            run = batch.run.model_copy(update=update)
            counts = batch.counts.model_copy(update={"is_whole": True})
            yield from self.run_ended(batch.but(run=run, counts=counts))

    def unread(self, error: PageError, batch: Batch, **_: Any) -> Results:
        """End a run whose rows nobody here can read, before it costs more."""
        if not isinstance(error, ShapeError):
            yield from self.gone(error, batch)
            return
        if isinstance(error, NamelessError):
            yield self.remember(batch.but(is_nameless=True))
        path = f"{self.run_path(batch)}/abort"
        abort = self.ask(path, self.parse_aborted, batch, problem=error.problem)
        yield abort.replace(method="POST")

    @step(RunPage, otherwise="strange")
    async def parse_aborted(
        self, page: RunPage, _: Response, batch: Batch, problem: str
    ) -> AsyncResults:
        """Stop: other batches would cost as much, and bring the same."""
        for one in self.strange(PageError(page.url, problem), batch, problem):
            yield one

    def strange(self, error: PageError, _: Batch, problem: str) -> Results:
        """Say what the rows are; whether the run could be ended makes no difference."""
        stop(self.crawler, f"the rows of {self.actor.name}: {problem}", "apify")
        raise UpstreamError(error.url, problem)

    def run_path(self, batch: Batch) -> str:
        """Return the path of the batch's run."""
        assert batch.run is not None  # noqa: S101 - there is one by then
        return f"/v2/actor-runs/{batch.run.id}"
