"""What a stand-in for Lichess holds and how it behaves, as plain values."""

import json
import time
from dataclasses import asdict, dataclass, fields
from typing import Literal, Self

NEWEST_MS = 1_750_000_000_000


@dataclass(frozen=True)
class UserSpec:
    """One user: how many games, and what kinds."""

    name: str
    games: int = 100
    ongoing: int = 0
    """Correspondence games still played, spread over the list; part of `games`."""
    odd: float = 0.15
    """Share of games with an odd shape; each shape occurs."""
    same_ms: int = 0
    """Length of a run of games created within one millisecond, in the middle of the list."""
    closed: bool = False
    title: str = ""
    newest_ms: int = NEWEST_MS
    """When the last game was created, epoch milliseconds."""


@dataclass(frozen=True)
class Pair:
    """Games between two users of the world, besides their own."""

    white: str
    black: str
    games: int = 10


@dataclass
class World:
    """What the site holds and how it behaves; JSON with `from_json`."""

    users: tuple[UserSpec, ...] = (UserSpec("Alice", 120, ongoing=2), UserSpec("Bob", 40))
    pairs: tuple[Pair, ...] = ()
    seed: int = 1
    pool: int = 240
    """Distinct ordinary games; they are made when first needed, about 10 ms each."""
    bounds: Literal["inclusive", "exclusive"] = "inclusive"
    """Whether `since` and `until` include games created at that very millisecond."""
    index_lag_s: float = 0
    """Games younger than this are missing from the search index (perfType, rated)."""
    now_ms: int | None = None
    """The world's clock; None: the real one."""
    games_per_s: float = 0
    """Speed of an export; 0: as fast as it goes. The real site: 20 without a token."""
    serial: bool = True
    """Whether a second transfer at the same time gets a 429."""
    full_ids: bool = True
    """Whether games carry `fullId`, as answers to a player with a token do."""
    tokens: tuple[str, ...] = ("good_token",)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read *text*: an object with any of the fields above."""
        value = json.loads(text)
        unknown = set(value) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")
        if "users" in value:
            value["users"] = tuple(UserSpec(**user) for user in value["users"])
        if "pairs" in value:
            value["pairs"] = tuple(Pair(**pair) for pair in value["pairs"])
        if "tokens" in value:
            value["tokens"] = tuple(value["tokens"])
        return cls(**value)

    def to_json(self) -> str:
        """Write what `from_json` reads."""
        return json.dumps(asdict(self))

    def now(self) -> int:
        """Epoch milliseconds."""
        return int(time.time() * 1000) if self.now_ms is None else self.now_ms
