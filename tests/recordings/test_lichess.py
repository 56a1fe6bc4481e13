"""Every recorded game, account and rating history of Lichess through the pages."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from crawlers.config import Config
from crawlers.errors import MissingError
from crawlers.harvest import Harvest
from crawlers.items.base import Item, Reject, Unknown
from crawlers.items.chess import ChessGame, ChessPlayer, RatingPoint
from crawlers.page import Page
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from crawlers.storage.queries import table_sizes
from spiders.lichess.pages import GamesPage, PlayerPage, RatingHistoryPage

SITE = "https://lichess.org"

REFUSED = {
    "Games_game_mini.json": "KeyError: 'moves'",  # a game without moves is no export
    "Users_user_activity.json": "unknown status {'id':",  # the web page's list of games
    ".pgn": "invalid JSON: ",  # not what we ask for
}
"""Ends of file names that hold games in another form, and the reason given for each game."""

BEING_PLAYED = {"tv-getBestOngoingGamesOfTvChannel.json"}


class Recorded(NamedTuple):
    """What one file holds, as the page that would have read it; *kind* is for the report."""

    path: Path
    kind: str
    page: Page


def pages(folder: Path) -> Iterator[Recorded]:
    """Yield a page for every game, account and rating history in *folder*."""
    for path in sorted((folder / "lichess").rglob("*")):
        if path.suffix == ".pgn":
            body = path.read_bytes().rstrip() + b"\n"
            yield Recorded(path, "PGN", page(GamesPage, "games/user/somebody", body))
        if path.suffix in {".json", ".ndjson"}:
            for data in documents(path.read_text()):
                yield from found_in(path, data)


def documents(text: str) -> list[Any]:
    """Decode one JSON document, or one for each line."""
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line]


def page(page_class: type[Page], path: str, body: bytes) -> Page:
    return page_class(f"{SITE}/api/{path}", page_class.redact(body))


def found_in(path: Path, data: Any) -> Iterator[Recorded]:
    """Look through *data* and all that it holds."""
    body = json.dumps(data).encode()
    match data:
        case {"url": _, "status": 404, "body": _} | {"error": _}:
            yield Recorded(path, "error", page(GamesPage, "games/user/nobody", body))
        case {"id": _, "players": _, "variant": _}:
            yield Recorded(path, "game", page(GamesPage, "games/export/_ids", body + b"\n"))
        case {"id": _, "username": name, "createdAt": _}:
            yield Recorded(path, "account", page(PlayerPage, f"user/{name}", body))
        case {"id": _, "username": name}:
            yield Recorded(path, "leaderboard", page(PlayerPage, f"user/{name}", body))
        case [{"name": _, "points": _}, *_]:
            history = page(RatingHistoryPage, "user/somebody/rating-history", body)
            yield Recorded(path, "rating history", history)
        case dict():
            for inner in data.values():
                yield from found_in(path, inner)
        case list():
            for inner in data:
                yield from found_in(path, inner)


ITEMS: dict[str, type[Item]] = {
    "game": ChessGame,
    "account": ChessPlayer,
    "leaderboard": ChessPlayer,
    "rating history": RatingPoint,
}


def wrong(recorded: Recorded) -> Iterator[str]:
    """Yield what should not be: no item, another item, a reject without a known reason."""
    reason = next((why for end, why in REFUSED.items() if recorded.path.name.endswith(end)), None)
    nothing = recorded.path.name in BEING_PLAYED
    found = list(recorded.page.items())
    if bool(found) == nothing:
        yield f"{len(found)} things found"
    for one in found:
        match one:
            case Reject() if reason is None or reason not in one.error:
                yield f"{one.place}: {one.error}"
            case Unknown():
                yield f"unknown {one.category} {one.value}"
            case Item() if reason is not None or not isinstance(one, ITEMS[recorded.kind]):
                yield f"{type(one).__name__} {one.key}"


def test_everything_recorded_is_read_or_refused_for_its_reason(
    recordings: Path, report: list[str]
) -> None:
    problems, counts = [], Counter[tuple[str, str]]()
    for recorded in pages(recordings):
        if recorded.kind == "error":
            continue
        problems += [f"{recorded.path.name}: {problem}" for problem in wrong(recorded)]
        for one in recorded.page.items():
            counts[recorded.kind, type(one).__name__] += 1
        counts[recorded.kind, "pages"] += 1
    report += [f"{kind:<16}{what:<14}{count:>6}" for (kind, what), count in sorted(counts.items())]
    assert problems == []
    assert {kind for kind, _ in counts} == {*ITEMS, "PGN"}


def test_what_the_site_does_not_know_is_missing(recordings: Path) -> None:
    errors = [recorded.page for recorded in pages(recordings) if recorded.kind == "error"]
    assert errors
    for missing in errors:
        try:
            found = list(missing.items())
        except MissingError:
            continue
        raise AssertionError(f"{missing.body!r} was read as {found}")


async def test_everything_recorded_is_stored_or_quarantined(
    recordings: Path, report: list[str], database_config: Config
) -> None:
    database = Database(database_config)
    keys: set[tuple[str, tuple[Any, ...]]] = set()
    rejects = 0
    async with Writer(database) as writer:
        for number, recorded in enumerate(pages(recordings)):
            if recorded.kind in {"error", "leaderboard"}:  # a leaderboard's account is a part only
                continue
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=2 * number)
            harvest = Harvest("lichess", recorded.page.url, at, page=type(recorded.page).__name__)
            for found in recorded.page.items():
                if isinstance(found, Item):
                    harvest.items.append(found)
                    keys.add((found.table, found.key))
                elif isinstance(found, Reject):
                    harvest.rejects.append(found)
                    rejects += 1
            stored = await writer.store(harvest)
            assert stored.quarantined == len(harvest.rejects)
    sizes = await table_sizes(database)
    await database.close()
    wanted = Counter(table for table, _ in keys)
    report += [f"stored in {table:<22}{count:>6}" for table, count in sorted(wanted.items())]
    assert {table: sizes[table] for table in wanted} == wanted
    assert 0 < sizes["quarantine"] <= rejects
