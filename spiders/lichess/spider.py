"""Walk each player: account, rating history, then the games in windows."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from scrapy import Request

from crawlers.config import config
from crawlers.errors import PageError
from crawlers.items.base import Mark
from crawlers.items.chess import ChessGame, ChessPlayer, RatingPoint
from crawlers.page import Found
from crawlers.spider import SourceSpider, reads
from spiders.lichess.arguments import FIRST_GAME_MS, LichessArguments
from spiders.lichess.marks import CLOCK_SKEW_MS, Progress, limit_ms, mark_key
from spiders.lichess.pages import GamesPage, PlayerPage, RatingHistoryPage
from spiders.lichess.windows import TRIES, Ongoing, Walk

NDJSON = {"Accept": "application/x-ndjson"}
JSON = {"Accept": "application/json"}
DETAILS = dict.fromkeys(("clocks", "evals", "opening", "division", "accuracy"), "true")
IDS_AT_ONCE = 300
"""The API's own limit for an export by ids."""


class LichessSpider(SourceSpider):
    """Store players and games; without ``max``, ``since`` or ``until``, all that is new."""

    name = "lichess"
    Arguments = LichessArguments
    items = (ChessPlayer, RatingPoint, ChessGame)
    args: LichessArguments
    refreshes: ClassVar[dict[str, tuple[dict[str, str], ...]]] = {
        "chess_players": ({"players": "{id}"},),
        "chess_rating_points[]": ({"players": "{player}"},),
        "chess_games[]": ({"players": "{player}"}, {"players": "{white}"}, {"players": "{black}"}),
    }
    custom_settings = {  # noqa: RUF012 - as Scrapy declares it
        "DOWNLOAD_TIMEOUT": 120,  # 500 games at 20 a second take 25 s
        "REDIRECT_ENABLED": False,  # the API has none; an empty page elsewhere looks like no games
        "RETRY_TIMES": 8,  # a 429 asks for a minute, and another may follow
    }

    def secret_headers(self) -> dict[str, str]:
        """Send the personal token, if there is one."""
        token = config().lichess_token
        return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    async def start(self) -> AsyncIterator[Request]:
        """Begin with each player's account."""
        for player in self.args.players:
            url = f"{self.origin}/api/user/{quote(player)}"
            request = Request(url, self.parse_player, headers=JSON, cb_kwargs={"player": player})
            yield self.unit(request, "players", player)

    @reads(PlayerPage)
    def parse_player(self, page: PlayerPage, player: str) -> Iterator[Found | Request]:
        """Store the account; a closed one has nothing more to give."""
        closed = False
        for item in page.items():
            closed = closed or (isinstance(item, ChessPlayer) and item.closed)
            yield item
        if closed:
            return
        url = f"{self.origin}/api/user/{quote(player)}/rating-history"
        yield Request(url, self.parse_rating_history, headers=JSON)
        if self.args.limited:
            yield self.window(self.first_walk(player), self.parse_some_games)
        else:
            limit = limit_ms(int(time.time() * 1000), filtered=self.filtered)
            yield self.ongoing(player, limit)

    @reads(RatingHistoryPage)
    def parse_rating_history(self, page: RatingHistoryPage) -> Iterator[Found]:
        """Store one point a day."""
        return page.items()

    @reads(GamesPage)
    async def parse_ongoing(
        self, page: GamesPage, player: str, limit: int, tries: int
    ) -> AsyncIterator[Found | Request]:
        """Remember what is being played; what was and no longer is, is exported by id."""
        window = page.window()
        unread = set(window.ids)
        for item in page.items():
            unread.discard(game_id(item))
            yield item
        if not window.complete and tries < TRIES:
            yield self.ongoing(player, limit, tries + 1)
            return
        before = Progress.read(await self.memory.get(self.mark_key(player)))
        unread -= {game.id for game in window.ongoing if not self.wants(game)}
        ended = [game for game in before.unfinished if game not in unread]
        progress = before.with_unfinished([*ended, *sorted(unread)])
        if not window.complete or window.certain_ms is not None:
            limit = 0  # some game is being played and nobody knows which: the mark stays
        yield self.next_ids(player, limit, progress, ended)

    @reads(GamesPage)
    def parse_ended(
        self, page: GamesPage, player: str, limit: int, progress: dict[str, Any], ended: list[str]
    ) -> Iterator[Found | Mark | Request]:
        """Store games that have ended since; one that is gone from the site is let go."""
        window = page.window()
        asked, rest = ended[:IDS_AT_ONCE], ended[IDS_AT_ONCE:]
        all_named = window.complete and window.certain_ms is None
        unread = set(window.ids if all_named else asked)
        for item in page.items():
            unread.discard(game_id(item))
            yield item
        before, done = Progress.read(progress), set(asked) - unread
        after = before.with_unfinished(game for game in before.unfinished if game not in done)
        yield Mark(self.mark_key(player), after.data())
        yield self.next_ids(player, limit, after, rest)

    @reads(GamesPage)
    def parse_games(
        self, page: GamesPage, walk: dict[str, Any], limit: int, progress: dict[str, Any]
    ) -> Iterator[Found | Mark | Request]:
        """Store a window of an unlimited run, and move the player's mark to its end.

        A game that cannot be read is in quarantine now, and is asked for by id in the next run.
        The mark stays before a line that does not even say which game it is.
        """
        window = page.window()
        unread = dict.fromkeys(window.ids)
        for item in page.items():
            unread.pop(game_id(item), None)
            yield item
        if window.certain_ms is not None:
            limit = min(limit, window.certain_ms)
        here, before = Walk.read(walk), Progress.read(progress)
        reached = before.with_unfinished([*before.unfinished, *unread])
        reached = reached.reached(window.newest_ms, limit)
        if reached.at_ms is not None:
            yield Mark(self.mark_key(here.player), reached.data())
        if following := self.following(page, here):
            more = {"limit": limit, "progress": reached.data()}
            yield self.window(following, self.parse_games, more)

    @reads(GamesPage)
    def parse_some_games(self, page: GamesPage, walk: dict[str, Any]) -> Iterator[Found | Request]:
        """Store a window of a limited run."""
        window = page.window()
        wanted = window.between(self.args.since, self.args.until)
        outside = window.created_ms.keys() - wanted.created_ms
        for item in page.items():
            if game_id(item) not in outside:
                yield item
        if following := self.following(page, Walk.read(walk)):
            yield self.window(following, self.parse_some_games)

    def next_ids(self, player: str, limit: int, progress: Progress, ended: list[str]) -> Request:
        """Ask for the next games by id, or go on to the windows when there are none."""
        if not ended:
            since = None if self.args.full or progress.at_ms is None else progress.at_ms - 1
            more = {"limit": limit, "progress": progress.data()}
            return self.window(Walk(player, since), self.parse_games, more)
        return Request(
            f"{self.origin}/api/games/export/_ids?{urlencode(DETAILS)}",
            self.parse_ended,
            method="POST",
            headers=NDJSON | {"Content-Type": "text/plain"},
            body=",".join(ended[:IDS_AT_ONCE]),
            cb_kwargs={
                "player": player,
                "limit": limit,
                "progress": progress.data(),
                "ended": ended,
            },
        )

    def ongoing(self, player: str, limit: int, tries: int = 0) -> Request:
        """Ask what *player* is playing: of all kinds, since the search index holds no such game."""
        query = urlencode({"ongoing": "true", "finished": "false"})
        return Request(
            f"{self.origin}/api/games/user/{quote(player)}?{query}",
            self.parse_ongoing,
            headers=NDJSON,
            meta={"try": tries},
            cb_kwargs={"player": player, "limit": limit, "tries": tries},
        )

    def wants(self, game: Ongoing) -> bool:
        """Tell whether *game* is of a kind that the run wants."""
        of_kind = not self.args.perf or game.perf in self.args.perf
        return of_kind and self.args.rated in {None, game.rated}

    def first_walk(self, player: str) -> Walk:
        """Return where a limited run begins: a millisecond early, as bounds may be exclusive."""
        since = self.args.since
        early = None if since is None else max(since - 1, FIRST_GAME_MS)
        return Walk(player, early, self.args.until, left=self.args.max)

    def following(self, page: GamesPage, walk: Walk) -> Walk | None:
        """Return the window after *page*; a walk that leads nowhere is the page's fault."""
        window = page.window()
        latest_ms = int(time.time() * 1000) + CLOCK_SKEW_MS
        if problem := walk.problem(window, latest_ms, indexed=self.filtered):
            raise PageError(page.url, problem)
        try:
            return walk.after(window.between(self.args.since, self.args.until))
        except ValueError as error:
            raise PageError(page.url, str(error)) from error

    def window(
        self, walk: Walk, callback: Callable[..., Any], more: dict[str, Any] | None = None
    ) -> Request:
        """Ask for one window of games."""
        request = self.games(
            walk.player, walk.parameters(), callback, {"walk": walk.data()} | (more or {})
        )
        if walk.tries:
            request.meta["try"] = walk.tries
        return request

    def games(
        self,
        player: str,
        parameters: dict[str, Any],
        callback: Callable[..., Any],
        kwargs: dict[str, Any],
    ) -> Request:
        """Ask for an export of *player*'s games of the kinds that the run wants."""
        query = urlencode(DETAILS | self.filters | parameters, safe=",")
        url = f"{self.origin}/api/games/user/{quote(player)}?{query}"
        return Request(url, callback, headers=NDJSON, cb_kwargs=kwargs)

    @property
    def filters(self) -> dict[str, str]:
        """The choice of games, as the export takes it."""
        chosen = {"perfType": ",".join(self.args.perf)} if self.args.perf else {}
        if self.args.rated is not None:
            chosen["rated"] = str(self.args.rated).lower()
        return chosen

    @property
    def filtered(self) -> bool:
        """Whether exports come from the site's search index."""
        return bool(self.filters)

    def mark_key(self, player: str) -> str:
        """Return the key of the mark that this run reads and writes."""
        return mark_key(player, ",".join(self.args.perf), self.args.rated)


def game_id(found: Found) -> str:
    """Return the id of a game; of anything else nothing."""
    return found.id if isinstance(found, ChessGame) else ""
