"""How runs and batches end: well, early, without anything, or because nobody can read the rows."""

from collections import Counter
from time import time
from typing import NoReturn

from crawlers.errors import PageError, UpstreamError
from crawlers.items.base import Ended, Mark
from spiders.instagram.batch import Batch
from spiders.instagram.steps import asking
from spiders.instagram.steps.api import Api, Results, batch_key, start_key


def run_ended(api: Api, batch: Batch) -> Results:
    """End the batch, or begin another run for what is left of it."""
    yield batch.item(api.actor.name)
    batch = batch.judged()
    why = batch.why_no_more() if batch.left else None
    if why is None and batch.left:
        yield asking.runs(api, batch.next_attempt())  # another crawl may have begun it by now
    else:
        yield from finish(api, batch, why)


def finish(api: Api, batch: Batch, why: str | None) -> Results:
    """Remember how each account ended: read, without anything, or failed.

    *why* those have failed that have not ended. The batch counts as refused where there are
    reasons; an error takes away the marks of its answer, so that is the business of the next one.
    """
    at_s = int(time())
    for account in batch.accounts:
        failed = account not in batch.ended
        reason = why if failed else batch.ended[account]
        mark = {"at_s": at_s, "failed": failed, "reason": reason or None}
        yield Mark(api.account_key(account), mark)
        if account in api.args.accounts:
            yield Ended(account, "failed" if reason else "done", reason or None)
    yield Mark(batch_key(batch.name), None)
    yield Mark(start_key(batch.name), None)
    reasons = Counter(filter(None, (batch.ended.get(one, why) for one in batch.accounts)))
    if reasons:
        count = f"{reasons.total()} of {len(batch.accounts)}"
        yield asking.end(api, batch, f"{reasons.most_common(1)[0][0]} ({count})")
    else:
        api.room.release()


def not_whole(url: str, reason: str) -> NoReturn:
    """Raise: there are accounts without anything, or not all of it."""
    raise UpstreamError(url, reason)


def unreadable(api: Api, url: str, problem: str) -> NoReturn:
    """Stop, and raise: other batches would cost as much, and bring the same."""
    api.stop(f"the rows of {api.actor.name}: {problem}")
    raise UpstreamError(url, problem)


def not_aborted(api: Api, error: PageError, _: Batch, problem: str) -> NoReturn:
    """Say what the rows are; whether the run could be ended makes no difference."""
    unreadable(api, error.url, problem)
