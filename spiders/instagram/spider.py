"""Followers of accounts, in batches: start a run, ask how it goes, read its rows while it does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawlers.config import config
from crawlers.errors import NamesError
from crawlers.gender import prepare
from crawlers.items.base import Ended, Known
from crawlers.items.profiles import ApifyRun, Follow, Profile
from crawlers.spider import SourceSpider
from crawlers.stopping import stop
from spiders.instagram.arguments import InstagramArguments
from spiders.instagram.batch import Batch
from spiders.instagram.pages import FollowersPage, InputPage, RunPage, RunsPage
from spiders.instagram.steps import asking, beginning, ending, running, starting
from spiders.instagram.steps.api import Api, Results
from spiders.instagram.steps.step import step


class InstagramSpider(SourceSpider):
    """Store profiles and whom they follow; an account that was read is not paid for again.

    The callbacks stand in the order in which a batch comes to them.
    """

    name = "instagram"
    Arguments = InstagramArguments
    items = (Profile, Follow, ApifyRun)
    args: InstagramArguments
    custom_settings = {"REDIRECT_ENABLED": False}  # noqa: RUF012 - as Scrapy declares it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Validate the arguments, and make ready to ask."""
        super().__init__(*args, **kwargs)
        self.api = Api(self, self.args)
        self.accounts = frozenset(self.args.accounts)

    @classmethod
    def lacks(cls) -> str | None:
        """Say that there is no token."""
        if config().apify_token is None:
            return "set APIFY_TOKEN: a token of the account that pays for the runs"
        return None

    def secret_headers(self) -> dict[str, str]:
        """Send the token."""
        token = config().apify_token
        return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    async def start(self) -> AsyncIterator[Known | Ended | Request]:
        """Begin with batches that are under way, then with accounts that are not read yet."""
        try:
            await asyncio.to_thread(prepare)  # reads files, or makes them
        except NamesError as error:
            stop(self.crawler, str(error), "names")
            return
        batches, read = await beginning.batches(self.api)
        for found in read:
            yield found
        for batch in batches:
            if not self.args.job:  # another worker may end what begins here
                await self.api.room.acquire()
            ours = [one for one in batch.accounts if one in self.accounts]
            yield self.unit(asking.first(self.api, batch), "accounts", *ours)

    @step(RunsPage)
    async def parse_runs(
        self, page: RunsPage, response: Response, batch: Batch, found: list[dict[str, Any]]
    ) -> Results:
        """Go on where the batch was left: intend a start, look for its run, or ask for that."""
        now_ms = starting.told_ms(response)
        return await starting.go_on(self.api, page.runs(), now_ms, batch, found)

    @step(InputPage, otherwise=starting.no_input)
    async def parse_input(
        self, page: InputPage, _: Response, batch: Batch, runs: list[dict[str, Any]], now_ms: int
    ) -> Results:
        """Adopt a run whose start had no clear answer if it is this batch's."""
        return starting.adopt(self.api, page, batch, runs, now_ms)

    @step(RunPage, otherwise=starting.not_started)
    async def parse_started(self, page: RunPage, _: Response, batch: Batch) -> Results:
        """Keep which run it is."""
        return starting.started(self.api, batch, page.run())

    @step(RunPage, otherwise=running.gone)
    async def parse_run(self, page: RunPage, _: Response, batch: Batch) -> Results:
        """Read the rows that there are."""
        return running.polled(self.api, page, batch)

    @step(FollowersPage, otherwise=running.unread)
    async def parse_rows(
        self, page: FollowersPage, response: Response, batch: Batch, *, is_last: bool
    ) -> Results:
        """Store a page of rows; then there are more, or the run is asked for again."""
        return running.read(self.api, page, response, batch, is_last=is_last)

    @step(RunPage, otherwise=ending.not_aborted)
    async def parse_aborted(self, page: RunPage, _: Response, __: Batch, problem: str) -> Results:
        """Stop where nobody can read the rows."""
        ending.unreadable(self.api, page.url, problem)

    @step(RunPage, otherwise=running.gone)
    async def parse_cost(self, page: RunPage, _: Response, batch: Batch) -> Results:
        """Book the cost of a run that has ended; end the batch, or begin its next run."""
        return running.book(self.api, page, batch)

    @step(RunsPage)
    async def parse_ended(self, page: RunsPage, _: Response, __: Batch, reason: str) -> Results:
        """Let the batch count as refused; what it brought is committed by now."""
        ending.not_whole(page.url, reason)
