"""While a run goes on: its rows are read as they come, and after its end to the last one."""

from typing import Any

from scrapy.http import Response

from crawlers.errors import PageError
from crawlers.gender import METHOD, gender_of
from crawlers.headers import header
from crawlers.items.profiles import Gender
from spiders.instagram.answers import ApiError
from spiders.instagram.batch import Batch
from spiders.instagram.pages import ENDED, GOING_ON, FollowersPage, RunPage
from spiders.instagram.reading import NamelessError, Reader, ShapeError
from spiders.instagram.refusals import GONE
from spiders.instagram.steps import asking, ending
from spiders.instagram.steps.api import Api, Results, remember
from spiders.instagram.steps.step import refused

POLL_FIRST_S, POLL_GROWTH, POLL_LONGEST_S = 2.0, 1.5, 30.0
LAGS, LAG_S = 5, 1.0
"""A run that has just been started may be unknown for some seconds."""


def polled(api: Api, page: RunPage, batch: Batch) -> Results:
    """Read what rows there are; once the run has ended, all of them."""
    batch = with_run(page, batch)
    yield from page.items()
    yield asking.rows(api, batch, is_last=has_ended(batch))


def read(
    api: Api, page: FollowersPage, response: Response, batch: Batch, *, is_last: bool
) -> Results:
    """Store a page of rows and how far that is, and go on until there is nothing more."""
    reader = Reader(batch.left, batch.counts, api.args.gender)
    yield from reader.read(page.url, page.rows(guess))
    counts = reader.counts(scanned(response))
    advance = counts.offset - batch.counts.offset
    is_whole = is_last and not advance
    batch = batch.but(counts=counts.model_copy(update={"is_whole": is_whole}))
    if advance or is_whole:
        yield batch.item(api.actor.name)
        yield remember(batch)
    if is_whole:
        yield asking.cost(api, batch)
    elif is_last or advance >= asking.ROWS_AT_ONCE:
        yield asking.rows(api, batch, is_last=is_last)
    else:
        yield from wait(api, batch)


def wait(api: Api, batch: Batch) -> Results:
    """Ask again how the run is going, the later the longer there have been no rows."""
    polls = batch.counts.polls
    wait_s = min(POLL_FIRST_S * POLL_GROWTH**polls, POLL_LONGEST_S)
    counts = batch.counts.model_copy(update={"polls": min(polls + 1, 20)})
    yield asking.run(api, batch.but(counts=counts), wait_s=wait_s)


def book(api: Api, page: RunPage, batch: Batch) -> Results:
    """Book the cost, which is final now; a run that was resurrected goes on."""
    batch = with_run(page, batch)
    return ending.run_ended(api, batch) if has_ended(batch) else [asking.run(api, batch)]


def gone(api: Api, error: PageError, batch: Batch, **_: Any) -> Results:
    """Wait for a run that has just been started; one that stays away has ended somehow."""
    assert batch.run is not None  # noqa: S101 - it was asked for
    if not isinstance(error, ApiError) or error.kind not in GONE:
        refused(api, error, batch)
    if batch.counts.lags < LAGS:
        counts = batch.counts.model_copy(update={"lags": batch.counts.lags + 1})
        return [asking.run(api, batch.but(counts=counts), wait_s=LAG_S)]
    update = {"status": "ABORTED", "message": "Apify does not know the run any more"}
    run = batch.run.model_copy(update=update)
    counts = batch.counts.model_copy(update={"is_whole": True})
    return ending.run_ended(api, batch.but(run=run, counts=counts))


def unread(api: Api, error: PageError, batch: Batch, **_: Any) -> Results:
    """End a run whose rows nobody here can read, before it costs more."""
    if not isinstance(error, ShapeError):
        yield from gone(api, error, batch)
        return
    if isinstance(error, NamelessError):
        yield remember(batch.but(is_nameless=True))
    yield asking.abort(api, batch, error.problem)


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
