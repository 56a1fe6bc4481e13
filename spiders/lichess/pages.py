"""What the Lichess API answers: exports of games, accounts, rating histories."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Final
from urllib.parse import unquote

from pydantic_core import from_json, to_json

from crawlers.errors import BlockedError, CrawlersError, MissingError, PageError
from crawlers.items.base import Reject, Unknown
from crawlers.items.chess import RatingPoint
from crawlers.page import FOREIGN, Found, Page, translated
from spiders.lichess.players import public, read_player
from spiders.lichess.vocabulary import PERF_NAMES, UNFINISHED, unknown_in_game, unknown_in_player
from spiders.lichess.windows import Ongoing, Window

_VALUE: Final = rb"""\s*:\s*(?:"[^"\n]*"?|[^",}\s]*)"""
FULL_ID: Final = re.compile(
    rb',\s*"fullId"' + _VALUE + rb'|"fullId"' + _VALUE + rb"(?:\s*,)?",
)
NAMED: Final = re.compile(rb'^\s*\{\s*"id"\s*:\s*"([A-Za-z0-9]{8})"')
GAME_ID: Final = re.compile("[A-Za-z0-9]{8}")
ERROR_BODY: Final = re.compile(rb'\s*\{\s*"error"')
ACCOUNT: Final = re.compile(r"/api/user/([^/?#]+)")


def answer(url: str, body: bytes) -> Any:
    """Decode *body*. Raise BlockedError for HTML, MissingError and PageError for an error."""
    if body.lstrip()[:1] == b"<":
        raise BlockedError(url, "HTML instead of JSON")
    try:
        data = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise PageError(url, f"empty, cut or not JSON: {error}") from error
    refuse_error(url, data)
    return data


def refuse_error(url: str, data: Any) -> None:
    """Raise what an error body says; MissingError where nothing is there."""
    if not isinstance(data, dict) or not isinstance(said := data.get("error"), str):
        return
    if said.rstrip(".") == "Not found" or said.startswith("No such "):
        raise MissingError(url, said)
    raise PageError(url, f"the site says: {said}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an export; *data* or what is wrong with it."""

    number: int
    body: bytes
    data: dict[str, Any] | None = None
    error: str = ""

    @property
    def game(self) -> str | None:
        """The game's id, if that can be read."""
        if self.data is None:
            found = NAMED.match(self.body)
            return found[1].decode() if found else None
        named = self.data.get("id")
        return named if isinstance(named, str) and GAME_ID.fullmatch(named) else None

    @property
    def place(self) -> str:
        """Where it is, with the game's id if that can be read."""
        return f"line {self.number} {self.game}" if self.game else f"line {self.number}"


class GamesPage(Page):
    """Games as NDJSON, by user or by ids. An empty body is an account without games."""

    is_list: ClassVar[bool] = True

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Strip `fullId`: whoever holds it can play the game. Works on broken lines too."""
        return FULL_ID.sub(b"", body) if b'"fullId"' in body else body

    def read_items(self) -> Iterator[Found]:
        """Yield the games that are over, and each line that cannot be read as a Reject."""
        for line in self._lines:
            if line.data is None:
                yield Reject(line.place, line.error, line.body)
            elif not unfinished(line.data):
                yield from self._read(line, line.data)

    def window(self) -> Window:
        """Return how far the games reach, without replaying them."""
        complete = not self.body or self.body.endswith(b"\n")
        games = [line.data for line in self._lines if line.data and _dated(line.data)]
        whole = self._lines if complete else self._lines[:-1]
        return Window(
            lines=len(self._lines),
            complete=complete,
            ids=tuple(line.game for line in whole if line.game),
            certain_ms=_certain_ms(whole),
            created_ms={game["id"]: game["createdAt"] for game in games},
            ongoing=tuple(
                Ongoing(game["id"], str(game.get("perf")), bool(game.get("rated")))
                for game in games
                if unfinished(game)
            ),
        )

    def _read(self, line: Line, data: dict[str, Any]) -> Iterator[Found]:
        from spiders.lichess.games import read_game  # noqa: PLC0415 - start-up: chess is slow

        try:
            game = read_game(self.url, data)
        except (CrawlersError, *FOREIGN) as error:
            ours = error if isinstance(error, PageError) else translated(self.url, error)
            yield Reject(line.place, ours.problem, line.body)
        else:
            yield game
            yield from unknown_in_game(game)

    @cached_property
    def _lines(self) -> list[Line]:
        """Decode each line once; blank lines keep the connection alive and mean nothing."""
        if self.body.lstrip()[:1] == b"<" or ERROR_BODY.match(self.body):
            answer(self.url, self.body)
        *whole, rest = self.body.split(b"\n")
        lines = [self._line(number, body) for number, body in enumerate(whole, 1) if body.strip()]
        if rest.strip():
            cut = "truncated: the line does not end"
            lines.append(Line(len(whole) + 1, rest, error=cut))
        return lines

    @staticmethod
    def _line(number: int, body: bytes) -> Line:
        try:
            data = from_json(body, allow_inf_nan=False)
        except ValueError as error:
            return Line(number, body, error=f"invalid JSON: {error}")
        if not isinstance(data, dict):
            return Line(number, body, error="not an object")
        return Line(number, body, data)


def unfinished(game: dict[str, Any]) -> bool:
    """Tell whether *game* is still being played. An imported one stays ``started`` for ever."""
    imported = game.get("source") == "import" or "import" in game
    return game.get("status") in UNFINISHED and not imported


def _dated(game: dict[str, Any]) -> bool:
    return isinstance(game.get("id"), str) and type(game.get("createdAt")) is int


def _certain_ms(lines: list[Line]) -> int | None:
    """Return the creation of the last game before a line without a name; 0 if there is none."""
    newest = 0
    for line in lines:
        if line.game is None:
            return newest
        if line.data and _dated(line.data):
            newest = line.data["createdAt"]
    return None


class PlayerPage(Page):
    """One account. A closed one answers with nothing but its name and ``disabled``."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Keep what a column needs. Of a body that cannot be read, keep nothing but what it is."""
        if body.lstrip()[:1] == b"<":
            return b"<"  # a block page shows itself by it
        try:
            data = from_json(body, allow_inf_nan=False)
        except ValueError:
            return b""
        return to_json(public(data)) if isinstance(data, dict) else b""

    def read_items(self) -> Iterator[Found]:
        """Yield the account."""
        player = read_player(answer(self.url, self.body))
        yield player
        yield from unknown_in_player(player)


class RatingHistoryPage(Page):
    """An account's rating at the end of each day it played, by category; may be empty."""

    is_list: ClassVar[bool] = True

    def read_items(self) -> Iterator[Found]:
        """Yield the points. The account's id is in the address only."""
        player = player_in(self.url)
        for entry in answer(self.url, self.body):
            name = entry["name"]
            if name not in PERF_NAMES:
                yield Unknown("perf", name)
            for index, point in enumerate(entry["points"], 1):
                try:
                    yield rating_point(player, PERF_NAMES.get(name, name), point)
                except FOREIGN as error:
                    problem = translated(self.url, error).problem
                    yield Reject(f"{name} point {index}", problem, to_json(point))


def player_in(url: str) -> str:
    """Return the id of the account that *url*, ``.../api/user/{name}/...``, is about."""
    if not (found := ACCOUNT.search(url)):
        raise PageError(url, "no account in the address")
    return unquote(found[1]).lower()


def rating_point(player: str, perf: str, point: list[int]) -> RatingPoint:
    """Read ``[year, month, day, rating]``; January is month 0."""
    year, month, day, rating = point
    return RatingPoint(player=player, perf=perf, day=date(year, month + 1, day), rating=rating)
