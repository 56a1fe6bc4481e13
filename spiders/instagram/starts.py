"""Starting runs, which cost money: the intent first, and whoever finds one looks before he pays.

The answer to a start may be lost, or the process that waited for it. The run list of the actor then
says whether there is a run, and its input whether that is the batch's.
"""

import time
from abc import ABC, abstractmethod
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from pydantic_core import to_json
from scrapy import Request
from scrapy.http import Response

from crawlers.errors import PageError
from crawlers.headers import header
from crawlers.items.base import Mark
from crawlers.items.profiles import ApifyRun
from spiders.instagram.answers import MICRO, ApiError, RunState
from spiders.instagram.batch import Batch, epoch_ms
from spiders.instagram.pages import InputPage, RunPage, RunsPage
from spiders.instagram.refusals import CAPS, FATAL, GONE, LATER
from spiders.instagram.steps import (
    ApifySpider,
    AsyncResults,
    Results,
    batch_key,
    start_key,
    step,
)

RUNS_AT_ONCE = 100
RUN_TIMEOUT_S = 3600
MEMORY_MB = 1024
LOOKS_S = (5.0, 30.0)
"""How long a start whose answer was lost is given to show in the list: then it is looked again.

From when the answer is missed: the start may have been sent long after it was intended. Whoever
finds the intent of a crawl that died begins with the first.
"""
BUSY_FIRST_S, BUSY_LONGEST_S, BUSY_TRIES = 10.0, 300.0, 40
SKEW_MS = 60_000
"""Our clock may differ from that of the API, where its answer does not say what time it is."""
POLL_FIRST_S = 2.0


class StartsSpider(ApifySpider, ABC):
    """From a batch to its run."""

    def list_runs(
        self, batch: Batch, *, wait_s: float = 0, found: list[dict[str, Any]] | None = None
    ) -> Request:
        """Ask for the actor's runs; *found* are those of the pages before."""
        offset = len(found or ())
        query = {"desc": 1, "limit": RUNS_AT_ONCE} | ({"offset": offset} if offset else {})
        path = f"/v2/actors/{self.actor.path}/runs?{urlencode(query)}"
        return self.ask(path, self.parse_runs, batch, wait_s=wait_s, found=found or [])

    @step(RunsPage)
    async def parse_runs(
        self, page: RunsPage, response: Response, batch: Batch, found: list[dict[str, Any]]
    ) -> AsyncResults:
        """Go on where the batch was left; only where there is no intent yet, make one."""
        runs, now_ms = page.runs(), told_ms(response)
        stored = await self.memory.get(batch_key(batch.name))
        if stored and (as_stored := Batch.of(stored)).attempt >= batch.attempt:
            batch = as_stored.but(caps=self.caps, looks=batch.looks)
        if batch.intents and not await self.is_open(batch):
            self.room.release()
            yield Mark(batch_key(batch.name), None)
        elif batch.run is not None:
            yield self.poll(batch)
        elif batch.intent_ms is None:
            for one in self.intend(batch, now_ms):
                yield one
        else:
            since_ms = batch.intent_ms
            newer = [run for run in runs if epoch_ms(run.started_at) >= since_ms]
            found = [*found, *(run.model_dump(mode="json") for run in newer)]
            if len(newer) == RUNS_AT_ONCE:
                yield self.list_runs(batch, found=found)
                return
            others = await self.others(batch, [run["id"] for run in found])
            candidates = [run for run in found if run["id"] not in others]
            for one in self.look_at(batch, candidates, now_ms):
                yield one

    async def others(self, batch: Batch, ids: list[str]) -> set[str]:
        """Return those of the runs *ids* that are known to be for something else."""
        same = {"attempt": batch.attempt, "accounts": list(batch.left)}
        known = await self.memory.known(ApifyRun, ids)
        return known - await self.memory.known(ApifyRun, ids, having=same)

    async def is_open(self, batch: Batch) -> bool:
        """Tell whether *batch*, which has been begun, goes on: another crawl may have ended it."""
        found = await self.memory.values(map(self.account_key, batch.accounts))
        return any(mark.get("batch") == batch.name for mark in found.values())

    def intend(self, batch: Batch, now_ms: int) -> Results:
        """Note that a run is about to be started; that is committed before the start is sent."""
        batch = batch.but(intent_ms=batch.since_ms or now_ms, intents=batch.intents + 1, looks=0)
        yield self.remember(batch)
        for account in batch.accounts:
            yield Mark(self.account_key(account), {"batch": batch.name})
        yield self.start_run(batch)

    def look_at(self, batch: Batch, runs: list[dict[str, Any]], now_ms: int) -> Results:
        """Ask what the first of *runs* is for; where none is left, wait, and then start anew."""
        if runs:
            path = f"/v2/key-value-stores/{runs[0]['store']}/records/INPUT"
            yield self.ask(path, self.parse_input, batch, runs=runs, now_ms=now_ms)
            return
        if batch.looks < len(LOOKS_S):
            batch = batch.but(looks=batch.looks + 1)
            yield self.list_runs(batch, wait_s=LOOKS_S[batch.looks - 1])
        else:
            yield from self.intend(batch, now_ms)

    @step(InputPage, otherwise="no_input")
    async def parse_input(
        self,
        page: InputPage,
        _: Response,
        batch: Batch,
        runs: list[dict[str, Any]],
        now_ms: int,
    ) -> AsyncResults:
        """Adopt the run if it is this batch's, or look at the next."""
        is_ours = page.is_for(self.actor.input(batch.left, batch.caps.max_followers))
        results = (
            self.started(batch, RunState.model_validate(runs[0]))
            if is_ours
            else self.look_at(batch, runs[1:], now_ms)
        )
        for one in results:
            yield one

    def no_input(
        self, error: PageError, batch: Batch, runs: list[dict[str, Any]], now_ms: int
    ) -> Results:
        """Go on with the next run where this one's input is gone."""
        if not isinstance(error, ApiError) or error.kind not in GONE:
            return self.refused(error, batch)
        return self.look_at(batch, runs[1:], now_ms)

    def start_run(self, batch: Batch) -> Request:
        """Start a run, with every cap that there is. It is never sent a second time by itself."""
        cost = Decimal(batch.max_cost_microusd) / MICRO
        query = {
            "timeout": RUN_TIMEOUT_S,
            "memory": MEMORY_MB,
            "maxItems": batch.max_items,
            "maxTotalChargeUsd": f"{cost:f}",
        }
        body = to_json(self.actor.input(batch.left, batch.caps.max_followers))
        path = f"/v2/actors/{self.actor.path}/runs?{urlencode(query)}"
        request = self.ask(path, self.parse_started, batch)
        request.meta["dont_retry"] = True
        # Not when it was intended: two crawls that read of the same end intend the same start.
        request.meta["once"] = [start_key(batch.name), [batch.attempt, batch.intents]]
        return request.replace(method="POST", body=body)

    @step(RunPage, otherwise="not_started")
    async def parse_started(self, page: RunPage, _: Response, batch: Batch) -> AsyncResults:
        """Keep which run it is before it is asked about."""
        for one in self.started(batch, page.run()):
            yield one

    def started(self, batch: Batch, run: RunState) -> Results:
        """Store the run and ask how it is going, a little later."""
        batch = batch.but(run=run, busy=0)
        yield batch.item(self.actor.name)
        yield self.remember(batch)
        yield self.poll(batch, wait_s=POLL_FIRST_S)

    def not_started(self, error: PageError, batch: Batch) -> Results:
        """Look for a run whose start had no clear answer; try again later where one was refused."""
        if not isinstance(error, ApiError):
            yield self.list_runs(batch, wait_s=LOOKS_S[0])
        elif error.kind in LATER and batch.busy < BUSY_TRIES:
            wait_s = min(BUSY_FIRST_S * 2**batch.busy, BUSY_LONGEST_S)
            batch = batch.but(intent_ms=None, busy=batch.busy + 1)
            yield self.remember(batch)
            yield self.list_runs(batch, wait_s=wait_s)
        elif FATAL.get(error.kind) == CAPS and batch.attempt > 1:
            yield from self.finish(batch, f"what is left of the caps is too little ({error.kind})")
        else:
            yield from self.refused(error, batch)

    @abstractmethod
    def poll(self, batch: Batch, *, wait_s: float = 0) -> Request:
        """Ask how the run is going."""

    @abstractmethod
    def finish(self, batch: Batch, why: str | None = None) -> Results:
        """End the batch; *why* its accounts that have not ended have failed."""


def told_ms(response: Response) -> int:
    """Return what time the API says it is, in epoch milliseconds; its clock ticks in seconds."""
    try:
        return epoch_ms(parsedate_to_datetime(header(response, "Date") or ""))
    except ValueError:
        return int(time.time() * 1000) - SKEW_MS
