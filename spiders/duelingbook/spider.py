"""Read replays: the page's own answer, or the same answer in files that a user saved."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from scrapy import Request

from crawlers.browser.recipe import Recipe
from crawlers.captures import Capture
from crawlers.items.base import Known
from crawlers.items.duels import DuelChat, DuelReplay
from crawlers.page import Found
from crawlers.spider import SourceSpider, reads
from spiders.duelingbook.answer import replay_id, wanted_id
from spiders.duelingbook.arguments import DuelingBookArguments
from spiders.duelingbook.pages import ReplayPage, ReplayWithChatPage

VIEW_REPLAY = r"^https?://[^/?#]+/view-replay(\?|$)"
"""The page's own call for its data."""

CAPTCHAS = (
    'iframe[src*="/recaptcha/"][src*="/anchor"]:not([src*="size=invisible"])',
    'iframe[src*="/recaptcha/"][src*="/bframe"]',
    ".g-recaptcha:not([data-size='invisible'])",
    ".cf-turnstile",
    'iframe[src*="challenges.cloudflare.com"]',
)
"""Boxes that ask whether a person is there. The badge of an invisible captcha is none."""


class DuelingBookSpider(SourceSpider):
    """Store replays that are not stored yet; a finished one never changes."""

    name = "duelingbook"
    Arguments = DuelingBookArguments
    items = (DuelReplay, DuelChat)
    args: DuelingBookArguments
    refreshes: ClassVar[dict[str, tuple[dict[str, str], ...]]] = {
        "duel_replays": ({"ids": "{id}"},)
    }
    lasting = frozenset({"duel_replays"})
    har_calls = VIEW_REPLAY
    recipes: ClassVar[dict[str, Recipe]] = {
        "replay": Recipe(answer=VIEW_REPLAY, challenges=CAPTCHAS)
    }

    async def start(self) -> AsyncIterator[Known | Request]:
        """Begin with what was saved, then ask the site for the rest, each replay once."""
        answers = await asyncio.to_thread(self.saved)
        known = await self.stored({*self.args.replays, *filter(None, answers)})
        for one in filter(known.__contains__, self.args.replays):
            yield Known(DuelReplay, (one,), one)
            if self.args.chat:
                yield Known(DuelChat, (one,))
        for replay, saved in answers.items():
            if replay not in known:
                for name in saved:
                    request = self.from_file(replay, name)
                    is_asked = replay in self.args.replays
                    yield self.unit(request, "ids", str(replay)) if is_asked else request
        for one in self.args.replays:
            if one not in known and not any(answers.get(one, {}).values()):
                page = Request(self.address(one), self.callback, meta={"render": "replay"})
                yield self.unit(page, "ids", one)

    @reads(ReplayPage)
    def parse_replay(self, page: ReplayPage) -> Iterator[Found]:
        """Store the replay."""
        return page.items()

    @reads(ReplayWithChatPage)
    def parse_replay_with_chat(self, page: ReplayWithChatPage) -> Iterator[Found]:
        """Store the replay and what was said in it."""
        return page.items()

    @property
    def callback(self) -> Callable[..., Any]:
        """Which page class reads a replay: the chat is for those who ask for it."""
        return self.parse_replay_with_chat if self.args.chat else self.parse_replay

    async def stored(self, replays: set[str]) -> set[str | None]:
        """Return those of *replays* that need not be read again."""
        return await self.memory.known(self.wanted, sorted(replays))

    @property
    def wanted(self) -> type[DuelReplay] | type[DuelChat]:
        """What must be stored of a replay that is not read again."""
        return DuelChat if self.args.chat else DuelReplay

    def saved(self) -> dict[str | None, dict[str, bool]]:
        """Return the saved answers by replay: names, and whether each holds the replay.

        Those that name no replay are under None. A browser may have asked several times before it
        was let in: of one HAR's answers for a replay the last that is one counts, or the last.
        """
        found: dict[str | None, dict[str, tuple[str, bool]]] = {}
        for capture in self.captures:
            replay, good = replay_of(capture), replay_id(capture.body) is not None
            place = capture.name.rpartition("#")[0] if replay else ""
            rivals = found.setdefault(replay, {})
            if good or not rivals.get(place or capture.name, ("", False))[1]:
                rivals[place or capture.name] = (capture.name, good)
        return {replay: dict(rivals.values()) for replay, rivals in found.items()}

    def from_file(self, replay: str | None, capture: str) -> Request:
        """Ask for a saved answer, under the address of its page."""
        file = quote(Path(capture).name)
        url = self.address(replay) if replay else f"{self.origin}/replay#{file}"
        return Request(url, self.callback, meta={"capture": capture}, dont_filter=True)

    def address(self, replay: str) -> str:
        """Return the address of a replay's page."""
        return f"{self.origin}/replay?id={replay}"


def replay_of(capture: Capture) -> str | None:
    """Return the id of the replay that *capture* holds, or was asked for."""
    if found := replay_id(capture.body):
        return found
    try:
        return wanted_id(capture.url or "")
    except ValueError:
        return None
