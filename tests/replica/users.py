"""What the site says about a user, private parts included."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.replica.library import Entry
from tests.replica.world import UserSpec

NAMES = {
    "bullet": "Bullet",
    "blitz": "Blitz",
    "rapid": "Rapid",
    "classical": "Classical",
    "correspondence": "Correspondence",
    "chess960": "Chess960",
    "crazyhouse": "Crazyhouse",
    "kingOfTheHill": "King of the Hill",
    "puzzle": "Puzzles",
}
PRIVATE = {
    "bio": "Call me at +49 30 1234567",
    "realName": "Maria Musterfrau",
    "location": "Musterstadt",
    "links": "https://example.org/maria\r\nhttps://example.net/@maria",
}
"""Personal data that no stored byte may contain."""


def profile(user: UserSpec, entries: list[Entry]) -> dict[str, Any]:
    """Give the public data of *user*."""
    rng = random.Random(user.name)  # noqa: S311 - repeatable, not secret
    perfs: dict[str, dict[str, Any]] = {
        perf: {"games": rng.randint(5, 900), "rating": 1500 + number, "rd": 60, "prog": number - 4}
        for number, perf in enumerate(NAMES)
    }
    perfs["classical"] |= {"rd": 240, "prov": True}
    perfs["storm"] = {"runs": 44, "score": 33}
    return {
        "id": user.name.lower(),
        "username": user.name,
        "perfs": perfs,
        **({"title": user.title} if user.title else {}),
        "flair": "nature.seedling",
        "patron": True,
        "patronColor": 10,
        "createdAt": 1_290_415_680_000,
        "profile": {"flag": "DE", "fideRating": 2000, **PRIVATE},
        "seenAt": user.newest_ms,
        "playTime": {"total": 6_440_161, "tv": 17_974},
        "url": f"https://lichess.org/@/{user.name}",
        "count": _counts(user.name, entries),
    }


def _counts(name: str, entries: list[Entry]) -> dict[str, int]:
    results: Counter[str] = Counter()
    for entry in entries:
        winner = {"white": entry.white, "black": entry.black}.get(entry.shape.winner)
        if not entry.shape.finished:
            results["playing"] += 1
        elif winner is None:
            results["draw"] += 1
        else:
            results["win" if winner == name else "loss"] += 1
    return {
        "all": len(entries),
        "rated": sum(entry.shape.rated for entry in entries),
        "draw": results["draw"],
        "loss": results["loss"],
        "win": results["win"],
        "bookmark": 0,
        "playing": results["playing"],
        "import": 0,
        "me": 0,
    }


def rating_history(user: UserSpec) -> list[dict[str, Any]]:
    """Give one rating a day and perf; months count from 0; a perf never played is empty."""
    rng = random.Random(user.name)  # noqa: S311 - repeatable, not secret
    newest = datetime.fromtimestamp(user.newest_ms / 1000, UTC)
    history = []
    for perf, name in NAMES.items():
        count = 0 if perf == "crazyhouse" else rng.randint(1, 60)
        days = [newest - timedelta(days=9 * number) for number in reversed(range(count))]
        points = [[d.year, d.month - 1, d.day, 1500 + rng.randint(-90, 90)] for d in days]
        history.append({"name": name, "points": points})
    return history
