"""Starting runs, which cost money: the intent first, and whoever finds one looks before he pays.

The answer to a start may be lost, or the process that waited for it. The run list of the actor then
says whether there is a run, and its input whether that is the batch's.
"""

import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from scrapy.http import Response

from crawlers.errors import PageError
from crawlers.headers import header
from crawlers.items.base import Mark
from crawlers.items.profiles import ApifyRun
from spiders.instagram.answers import ApiError, RunState
from spiders.instagram.batch import Batch, epoch_ms
from spiders.instagram.pages import InputPage
from spiders.instagram.refusals import CAPS, FATAL, GONE, LATER
from spiders.instagram.steps import asking, ending
from spiders.instagram.steps.api import Api, Results, batch_key, remember
from spiders.instagram.steps.running import POLL_FIRST_S
from spiders.instagram.steps.step import refused

LOOKS_S = (5.0, 30.0)
"""How long a start whose answer was lost is given to show in the list: then it is looked again.

From when the answer is missed: the start may have been sent long after it was intended. Whoever
finds the intent of a crawl that died begins with the first.
"""
BUSY_FIRST_S, BUSY_LONGEST_S, BUSY_TRIES = 10.0, 300.0, 40
SKEW_MS = 60_000
"""Our clock may differ from that of the API, where its answer does not say what time it is."""


async def go_on(
    api: Api, runs: list[RunState], now_ms: int, batch: Batch, found: list[dict[str, Any]]
) -> Results:
    """Go on where the batch was left; only where there is no intent yet, make one.

    *runs* are a page of the actor's, *found* those of the pages before that may be the batch's.
    """
    batch = await as_stored(api, batch)
    if batch.intents and not await is_open(api, batch):
        api.room.release()
        return [Mark(batch_key(batch.name), None)]
    if batch.run is not None:
        return [asking.run(api, batch)]
    if batch.intent_ms is None:
        return intend(api, batch, now_ms)
    since_ms = batch.intent_ms
    newer = [run for run in runs if epoch_ms(run.started_at) >= since_ms]
    found = [*found, *(run.model_dump(mode="json") for run in newer)]
    if len(newer) == asking.RUNS_AT_ONCE:
        return [asking.runs(api, batch, found=found)]
    others = await others_of(api, batch, [run["id"] for run in found])
    return look_at(api, batch, [run for run in found if run["id"] not in others], now_ms)


async def as_stored(api: Api, batch: Batch) -> Batch:
    """Return *batch* as it is stored, unless it has come further since; caps may be others now."""
    stored = await api.memory.get(batch_key(batch.name))
    if stored and (found := Batch.of(stored)).attempt >= batch.attempt:
        return found.but(caps=api.caps, looks=batch.looks)
    return batch


async def is_open(api: Api, batch: Batch) -> bool:
    """Tell whether *batch*, which has been begun, goes on: another crawl may have ended it."""
    found = await api.memory.values(map(api.account_key, batch.accounts))
    return any(mark.get("batch") == batch.name for mark in found.values())


async def others_of(api: Api, batch: Batch, ids: list[str]) -> set[str]:
    """Return those of the runs *ids* that are known to be for something else than *batch*."""
    same = {"attempt": batch.attempt, "accounts": list(batch.left)}
    known = await api.memory.known(ApifyRun, ids)
    return known - await api.memory.known(ApifyRun, ids, having=same)


def intend(api: Api, batch: Batch, now_ms: int) -> Results:
    """Note that a run is about to be started; that is committed before the start is sent."""
    batch = batch.but(intent_ms=batch.since_ms or now_ms, intents=batch.intents + 1, looks=0)
    yield remember(batch)
    for account in batch.accounts:
        yield Mark(api.account_key(account), {"batch": batch.name})
    yield asking.start(api, batch)


def look_at(api: Api, batch: Batch, runs: Sequence[dict[str, Any]], now_ms: int) -> Results:
    """Ask what the first of *runs* is for; where none is left, wait, and then start anew."""
    if runs:
        return [asking.input_of(api, batch, runs, now_ms)]
    if batch.looks < len(LOOKS_S):
        wait_s = LOOKS_S[batch.looks]
        return [asking.runs(api, batch.but(looks=batch.looks + 1), wait_s=wait_s)]
    return intend(api, batch, now_ms)


def adopt(
    api: Api, page: InputPage, batch: Batch, runs: Sequence[dict[str, Any]], now_ms: int
) -> Results:
    """Adopt the first of *runs* if its input is this batch's, or look at the next."""
    if page.is_for(api.actor.input(batch.left, batch.caps.max_followers)):
        return started(api, batch, RunState.model_validate(runs[0]))
    return look_at(api, batch, runs[1:], now_ms)


def no_input(
    api: Api, error: PageError, batch: Batch, runs: Sequence[dict[str, Any]], now_ms: int
) -> Results:
    """Go on with the next run where this one's input is gone."""
    if not isinstance(error, ApiError) or error.kind not in GONE:
        refused(api, error, batch)
    return look_at(api, batch, runs[1:], now_ms)


def started(api: Api, batch: Batch, run: RunState) -> Results:
    """Store which run it is before it is asked about, a little later."""
    batch = batch.but(run=run, busy=0)
    yield batch.item(api.actor.name)
    yield remember(batch)
    yield asking.run(api, batch, wait_s=POLL_FIRST_S)


def not_started(api: Api, error: PageError, batch: Batch) -> Results:
    """Look for a run whose start had no clear answer; try again later where one was refused."""
    if not isinstance(error, ApiError):
        yield asking.runs(api, batch, wait_s=LOOKS_S[0])
    elif error.kind in LATER and batch.busy < BUSY_TRIES:
        wait_s = min(BUSY_FIRST_S * 2**batch.busy, BUSY_LONGEST_S)
        batch = batch.but(intent_ms=None, busy=batch.busy + 1)
        yield remember(batch)
        yield asking.runs(api, batch, wait_s=wait_s)
    elif FATAL.get(error.kind) == CAPS and batch.attempt > 1:
        why = f"what is left of the caps is too little ({error.kind})"
        yield from ending.finish(api, batch, why)
    else:
        refused(api, error, batch)


def told_ms(response: Response) -> int:
    """Return what time the API says it is, in epoch milliseconds; its clock ticks in seconds."""
    try:
        return epoch_ms(parsedate_to_datetime(header(response, "Date") or ""))
    except ValueError:
        return int(time.time() * 1000) - SKEW_MS
