"""Lichess as a test sees it: the replica in a process of its own, crawls, and what they stored."""

import asyncio
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawlers.config import Config
from crawlers.storage.raw import raw_store_for
from spiders.lichess.spider import LichessSpider
from tests.crawls.run import Crawls
from tests.crawls.source import Source
from tests.replica import World
from tests.replica.library import Entry, Games
from tests.replica.shapes import Flags

EVERYTHING = Flags(clocks=True, evals=True, opening=True, division=True, accuracy=True)


@dataclass
class Lichess(Source[World]):
    """The site, and crawls of it into one database."""

    Spider = LichessSpider
    World = World
    brisk = {"SERIAL_DELAY_S": 0, "SERIAL_TURNS": "tests.lichess.brisk.turns_for"}  # noqa: RUF012 - declared above

    games: Games = field(init=False)

    def __post_init__(self) -> None:
        """Know the same games as the replica: they follow from the world."""
        self.games = Games(self.world)

    def beside(self, home: Path, database_url: str) -> "Lichess":
        """Return the same site for crawls with another home and another database."""
        home.mkdir()
        return Lichess(Crawls(home, {"DATABASE_URL": database_url}), self.world, self.site)

    @staticmethod
    def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
        """Wait for the end of a crawl that was started."""
        with process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @property
    def stored(self) -> set[str]:
        """The ids of the games that are stored."""
        return set(self.column("select id from chess_games"))

    def entries(self, *players: str) -> list[Entry]:
        """Return the finished games of *players*, by default of all users, oldest first."""
        names = players or [user.name for user in self.world.users if not user.closed]
        found = {entry.id: entry for name in names for entry in self.games.of(name)}
        finished = [entry for entry in found.values() if entry.shape.finished]
        return sorted(finished, key=lambda entry: (entry.created_at, entry.id))

    def finished(self, *players: str) -> set[str]:
        """Return the ids of the finished games of *players*, by default of all users."""
        return {entry.id for entry in self.entries(*players)}

    def json(self, entry: Entry) -> dict[str, Any]:
        """Return the game object that the site sends when asked for everything."""
        game: dict[str, Any] = json.loads(entry.line(EVERYTHING, full_id=False))
        return game

    def mark(self, player: str, kind: str = "any/any") -> dict[str, Any] | None:
        """Return the mark of one player and one choice of games."""
        found = self.column("select value from marks where key = %s", f"games/{player}/{kind}")
        return found[0] if found else None

    @property
    def asked(self) -> list[str]:
        """The requests that the site saw, in order, with their methods."""
        return [f"{transfer['method']} {transfer['target']}" for transfer in self.site.log]

    def assert_serial(self) -> None:
        """Check that the site never saw two transfers at once, nor one in a back-off."""
        state = self.site.state
        assert state["max_overlap"] <= 1
        assert state["violations"] == []

    def raw_bodies(self) -> dict[str, bytes]:
        """Read every stored page back; one that is missing or damaged raises."""

        async def read(digests: Iterable[str]) -> dict[str, bytes]:
            url = self.crawls.environment.get("RAW_STORE_URL")
            store = raw_store_for(Config(crawlers_home=self.crawls.home, raw_store_url=url))
            return {digest: await store.get(digest) for digest in digests}

        return asyncio.run(read(self.column("select sha256 from raw_pages")))

    def raw_pages(self) -> list[bytes]:
        """Return the raw pages, wherever the store is."""
        return list(self.raw_bodies().values())
