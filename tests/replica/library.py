"""The games of a world, by user and by id: the same for the same seed."""

import functools
import hashlib
import itertools
import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from tests.replica import catalogue
from tests.replica.shapes import Flags, Shape
from tests.replica.world import Pair, UserSpec, World

GAP_MS = 1_200_000
"""Between one game of a user and the next, about."""
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Entry:
    """One game: what it does not share with others of its shape."""

    id: str
    created_at: int
    last_move_at: int
    white: str
    black: str
    """Names; empty: the shape says who that is."""
    rating: int
    pool: int
    """Which ordinary shape; -1: see `special`."""
    seed: int
    special: Shape | None = None

    @property
    def shape(self) -> Shape:
        """The template."""
        return self.special or catalogue.plain(self.seed, self.pool)

    def line(self, flags: Flags, *, full_id: bool) -> bytes:
        """Give the game object as JSON, without a newline."""
        shape = self.shape
        encoded = shape.encoded(flags)
        full = b'"fullId":"%b",' % (self.id + self.id[:4]).encode() if full_id else b""
        return (
            b'{"id":"%b",%b%b,"createdAt":%d,"lastMoveAt":%d,"status":"%b","source":"%b",'
            b'"players":{"white":{%b},"black":{%b}}%b%b}'
        ) % (
            self.id.encode(),
            full,
            encoded.before,
            self.created_at,
            self.last_move_at,
            shape.status.encode(),
            shape.source.encode(),
            self._player(shape, self.white, encoded.white, b'"name":"White"'),
            self._player(shape, self.black, encoded.black, b'"name":"Black"'),
            b"," if encoded.after else b"",
            encoded.after,
        )

    def _player(self, shape: Shape, name: str, more: bytes, imported: bytes) -> bytes:
        if shape.opponent == "import":
            start = imported
        elif name:
            start = b'"user":%b,"rating":%d' % (light_user(name), self.rating)
        else:
            return b'"aiLevel":3' if shape.opponent == "ai" else b""
        return start + b"," + more if more else start


@functools.cache
def light_user(name: str) -> bytes:
    """Give the user object inside a game."""
    user = {"name": name, "id": name.lower()}
    digest = hashlib.sha256(name.encode()).digest()
    if digest[0] < 40:
        user |= {"title": "FM" if digest[0] < 25 else "BOT"}
    if digest[1] < 60:
        user |= {"flair": "nature.seedling"}
    return json.dumps(user, separators=(",", ":")).encode()


class Games:
    """All games of a world, by user and by id."""

    def __init__(self, world: World) -> None:
        """Make the games of every user; their moves come when they are needed."""
        self.world = world
        self.users = {user.name.lower(): user for user in world.users}
        self.by_id: dict[str, Entry] = {}
        self._by_user: dict[str, list[Entry]] = {name: [] for name in self.users}
        self._added = itertools.count()
        for user in world.users:
            for index, created in enumerate(_instants(user)):
                self._insert(self._entry(user, index, created), user.name)
        for pair in world.pairs:
            for index in range(pair.games):
                self._insert(self._between(pair, index), pair.white, pair.black)
        for entries in self._by_user.values():
            entries.sort(key=_order)

    def warm(self) -> None:
        """Make the moves of every ordinary shape now, not when it is first served."""
        for number in range(self.world.pool):
            catalogue.plain(self.world.seed, number)

    def of(self, name: str) -> list[Entry]:
        """Give the games of a user, oldest first."""
        return self._by_user[name.lower()]

    def select(
        self, name: str, since: int | None, until: int | None, *, newest_first: bool
    ) -> Iterator[Entry]:
        """Walk through the games of a user created between the bounds."""
        entries = self.of(name)
        outside = self.world.bounds == "exclusive"
        first, last = 0, len(entries)
        if since is not None:
            first = bisect_left(entries, since + outside, key=_created)
        if until is not None:
            last = bisect_left(entries, until + (not outside), key=_created)
        chosen = entries[first:last]
        return reversed(chosen) if newest_first else iter(chosen)

    def add(self, name: str, games: int) -> list[Entry]:
        """Let a user play new games, created now, a millisecond apart."""
        user = self.users[name.lower()]
        now = self.world.now()
        new = []
        for step in range(games):
            number = f"added {next(self._added)}"
            new.append(self._entry(user, number, now - games + step))
            self._insert(new[-1], user.name)
        self.of(name).sort(key=_order)
        return new

    def finish(self, game_id: str) -> Entry:
        """End an ongoing game now."""
        entry = self.by_id[game_id]
        if entry.shape.finished:
            raise ValueError(f"{game_id} has ended already")
        entry.special = catalogue.correspondence(entry.shape.seed, name="finished_later")
        entry.last_move_at = max(self.world.now(), entry.last_move_at + 1)
        return entry

    def _insert(self, entry: Entry, *names: str) -> None:
        if entry.id in self.by_id:
            raise ValueError(f"two games are called {entry.id}: take another seed")
        self.by_id[entry.id] = entry
        for name in names:
            self._by_user[name.lower()].append(entry)

    def _digest(self, *parts: object) -> bytes:
        text = " ".join(map(str, (self.world.seed, *parts)))
        return hashlib.blake2b(text.encode(), digest_size=24).digest()

    def _entry(self, user: UserSpec, index: int | str, created: int) -> Entry:
        digest = self._digest(user.name, index)
        special = None if isinstance(index, str) else self._special(user, index)
        other = f"Rival{digest[10] * 256 + digest[11]}"
        if special and special.opponent != "user":
            other = ""
        white, black = (user.name, other) if digest[12] % 2 else (other, user.name)
        return self._made(digest, created, white, black, special)

    def _between(self, pair: Pair, index: int) -> Entry:
        digest = self._digest(pair.white, pair.black, index)
        newest = self.users[pair.white.lower()].newest_ms
        white, black = (pair.white, pair.black) if index % 2 else (pair.black, pair.white)
        return self._made(digest, newest - index * 7 * GAP_MS - 500, white, black, None)

    def _special(self, user: UserSpec, index: int) -> Shape | None:
        step = max(1, user.games // (user.ongoing + 1))
        if index and index % step == 0 and index // step <= user.ongoing:
            return catalogue.ongoing(self.world.seed * 50 + index)
        count = int(index * user.odd)
        if count == int((index + 1) * user.odd):
            return None
        names = list(catalogue.ODD)
        return catalogue.odd(self.world.seed, names[count % len(names)])

    def _made(
        self, digest: bytes, created: int, white: str, black: str, special: Shape | None
    ) -> Entry:
        number = int.from_bytes(digest[:8], "big")
        game_id = "".join(BASE62[number // 62**i % 62] for i in range(8))
        pool = -1 if special else int.from_bytes(digest[15:18], "big") % self.world.pool
        duration = special.duration_ms if special else digest[18] * 2000 + 9_000
        rating = 1400 + digest[19] * 4
        return Entry(
            game_id,
            created,
            created + duration,
            white,
            black,
            rating,
            pool,
            self.world.seed,
            special,
        )


def _created(entry: Entry) -> int:
    return entry.created_at


def _order(entry: Entry) -> tuple[int, str]:
    return entry.created_at, entry.id


def _instants(user: UserSpec) -> Iterator[int]:
    """Give the creation times; every 41st game shares its millisecond with the one before."""
    run = range(middle := max(0, user.games - user.same_ms) // 2, middle + user.same_ms)
    for index in range(user.games):
        place = middle if index in run else index - (index % 41 == 40)
        yield user.newest_ms - (user.games - 1 - place) * GAP_MS + place * 7919 % 60_000 - 60_000
