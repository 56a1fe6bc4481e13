"""A stand-in for lichess.org: users, rating histories, game exports, and its rules."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from tests.replica.http import Request, Response, json_response
from tests.replica.library import Entry, Games
from tests.replica.pgn import pgn
from tests.replica.server import Site
from tests.replica.shapes import Flags
from tests.replica.users import profile, rating_history
from tests.replica.world import World

NDJSON = "application/x-ndjson"
NOT_FOUND = {"error": "Not found"}
CONCURRENT = {"error": "Please only run 1 request(s) at a time"}
MOST_IDS = 300
BATCH = 50
"""Games in one piece of an unthrottled export."""

TOO_MANY: dict[str, Any] = {"kind": "answer", "status": 429, "text": json.dumps(CONCURRENT)}
"""Fields of faults that are usual here: ``site.faults.add(**TOO_MANY, path="games")``."""
GARBAGE: dict[str, Any] = {"kind": "insert", "text": '{"id":"brokenXX","rated":tr', "line": 2}
UNKNOWN_STATUS: dict[str, Any] = {"kind": "merge", "values": {"status": "adjourned"}}
UNKNOWN_VARIANT: dict[str, Any] = {"kind": "merge", "values": {"variant": "fogOfWar"}}
ILLEGAL_MOVE: dict[str, Any] = {"kind": "merge", "values": {"moves": "e4 e5 Ke3 Nf6"}}
BLOCK_PAGE: dict[str, Any] = {
    "kind": "answer",
    "status": 200,
    "headers": {"Content-Type": "text/html"},
    "text": "<!doctype html><title>Just a moment...</title><h1>Checking your browser</h1>",
}

ROBOTS = b"""\
User-agent: *
Allow: /
Allow: /game/export/gif
Disallow: /game/export
Disallow: /games/export
"""


class LichessReplica(Site):
    """The site: ``async with LichessReplica(world) as site: site.origin, site.log``."""

    def __init__(
        self,
        world: World | None = None,
        port: int = 0,
        *,
        log_file: Path | None = None,
        backoff_s: float = 60,
    ) -> None:
        """Serve *world*, by default a small one."""
        super().__init__(port, log_file=log_file, backoff_s=backoff_s)
        self.world = world or World()
        self.games = Games(self.world)
        self.controls |= {
            "add": self._control_add,
            "finish": self._control_finish,
            "settings": self._control_settings,
            "games": self._control_games,
        }

    async def respond(self, request: Request) -> Response:
        """Answer as the site does, first by its rules, then by the path."""
        return self._refused(request) or self._route(request)

    def _route(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["robots.txt"]:
                return Response(ROBOTS, headers={"Content-Type": "text/plain"})
            case "GET", ["api", "user", name]:
                return self._user(name)
            case "GET", ["api", "user", name, "rating-history"]:
                return self._history(name)
            case "GET", ["api", "games", "user", name]:
                return self._export(name, request)
            case "POST", ["api", "games", "export", "_ids"]:
                return self._by_ids(request)
        return json_response(NOT_FOUND, 404)

    def _refused(self, request: Request) -> Response | None:
        if self.world.serial and len(self.log.open) > 1:
            return json_response(CONCURRENT, 429)
        if not request.headers.get("user-agent"):
            return Response(b"", 404)
        authorization = request.headers.get("authorization")
        if authorization and authorization.removeprefix("Bearer ") not in self.world.tokens:
            return json_response({"error": "No such token"}, 401)
        return None

    def _user(self, name: str) -> Response:
        user = self.games.users.get(name.lower())
        if user is None:
            return json_response(NOT_FOUND, 404)
        if user.closed:
            closed = {"id": user.name.lower(), "username": user.name, "disabled": True}
            return json_response(closed)
        return json_response(profile(user, self.games.of(name)))

    def _history(self, name: str) -> Response:
        user = self.games.users.get(name.lower())
        if user is None or user.closed:
            return json_response(NOT_FOUND, 404)
        return json_response(rating_history(user))

    def _export(self, name: str, request: Request) -> Response:
        user = self.games.users.get(name.lower())
        if user is None or user.closed:
            return json_response(NOT_FOUND, 404)
        try:
            entries = self._chosen(name, request.query)
        except ValueError as error:
            return json_response({"error": str(error)}, 400)
        return self._answer(entries, request)

    def _chosen(self, name: str, query: Mapping[str, str]) -> Iterator[Entry]:
        since, until, most = (_number(query, key) for key in ("since", "until", "max"))
        newest_first = query.get("sort", "dateDesc") != "dateAsc"
        entries = self.games.select(name, since, until, newest_first=newest_first)
        perfs = set(filter(None, query.get("perfType", "").split(",")))
        if perfs or "rated" in query:
            entries = self._indexed(entries, perfs, query.get("rated"))
        elif not _flag(query, "finished", default=True):
            entries = (e for e in entries if not e.shape.finished and e.shape.source != "import")
        elif not _flag(query, "ongoing", default=False):
            entries = (e for e in entries if e.shape.finished)
        return islice(entries, most)

    def _indexed(
        self, entries: Iterator[Entry], perfs: set[str], rated: str | None
    ) -> Iterator[Entry]:
        """Search the index: finished and imported games only, and not the very latest."""
        newest = self.world.now() - self.world.index_lag_s * 1000
        for entry in entries:
            shape = entry.shape
            if not shape.finished and shape.source != "import":
                continue
            if entry.created_at > newest or (perfs and shape.perf not in perfs):
                continue
            if rated is None or shape.rated == (rated == "true"):
                yield entry

    def _by_ids(self, request: Request) -> Response:
        ids = set(filter(None, request.body.decode().strip().split(",")))
        if len(ids) > MOST_IDS:
            return json_response({"error": f"Too many ids: {len(ids)}"}, 400)
        found = [self.games.by_id[i] for i in ids if i in self.games.by_id]
        found.sort(key=lambda entry: (entry.created_at, entry.id), reverse=True)
        return self._answer(iter(found), request)

    def _answer(self, entries: Iterator[Entry], request: Request) -> Response:
        accept = request.headers.get("accept", "")
        as_json = NDJSON in accept or "application/json" in accept
        flags = _flags(request.query)
        lines = (self._text(entry, flags, as_json=as_json) for entry in entries)
        kind = NDJSON if as_json else "application/x-chess-pgn"
        return Response(self._paced(lines), headers={"Content-Type": kind})

    def _text(self, entry: Entry, flags: Flags, *, as_json: bool) -> bytes:
        line = entry.line(flags, full_id=self.world.full_ids)
        if as_json and not flags.pgn:
            return line + b"\n"
        game = json.loads(line)
        if not as_json:
            return pgn(game).encode()
        return json.dumps(game | {"pgn": pgn(game)}, separators=(",", ":")).encode() + b"\n"

    async def _paced(self, lines: Iterator[bytes]) -> AsyncIterator[bytes]:
        while True:
            rate = self.world.games_per_s
            batch = list(islice(lines, min(BATCH, max(1, int(rate / 10))) if rate else BATCH))
            if not batch:
                return
            yield b"".join(batch)
            if rate:
                await asyncio.sleep(len(batch) / rate)

    async def _control_add(self, value: dict[str, Any]) -> object:
        """{"user", "games"}: new games, created now. Gives their ids."""
        return [entry.id for entry in self.games.add(value["user"], value["games"])]

    async def _control_finish(self, value: dict[str, Any]) -> object:
        """{"id"}: end an ongoing game now."""
        self.games.finish(value["id"])
        return {"finished": value["id"]}

    async def _control_settings(self, value: dict[str, Any]) -> object:
        """Change fields of the world that are read at each request."""
        for name, setting in value.items():
            if name not in {"bounds", "index_lag_s", "now_ms", "games_per_s", "serial", "full_ids"}:
                raise ValueError(f"{name} cannot be changed")
            setattr(self.world, name, setting)
        return value

    async def _control_games(self, value: dict[str, Any]) -> object:
        """{"user"}: [id, createdAt, finished] of each of the user's games, oldest first."""
        entries = self.games.of(value["user"])
        return [[e.id, e.created_at, e.shape.finished] for e in entries]


def _number(query: Mapping[str, str], name: str) -> int | None:
    return int(query[name]) if name in query else None


def _flag(query: Mapping[str, str], name: str, *, default: bool) -> bool:
    return query.get(name, str(default)).lower() in {"true", "1"}


def _flags(query: Mapping[str, str]) -> Flags:
    names = ("clocks", "evals", "opening", "division", "accuracy")
    wanted = {name: _flag(query, name, default=False) for name in names}
    moves = _flag(query, "moves", default=True)
    return Flags(moves=moves, pgn=_flag(query, "pgnInJson", default=False), **wanted)
