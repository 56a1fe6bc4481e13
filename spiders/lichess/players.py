"""From an account object to a `ChessPlayer`, and what of it may be kept at all."""

from datetime import datetime
from typing import Any, Final

from crawlers.items.chess import ChessPlayer, Perf
from spiders.lichess.instants import instant

KEPT: Final = [
    "error",
    "id",
    "username",
    "title",
    "perfs",
    "createdAt",
    "seenAt",
    "playTime",
    "count",
    "disabled",
    "tosViolation",
]
"""Top-level keys that are about the account; everything else is dropped before storing."""

KEPT_OF_PROFILE: Final = [
    "flag",
    "fideRating",
    "uscfRating",
    "ecfRating",
    "rcfRating",
    "cfcRating",
    "dsbRating",
]
"""Of the profile, which holds name, place, biography and links as well."""


def public(data: dict[str, Any]) -> dict[str, Any]:
    """Return the part of an account object that may be kept."""
    kept = {key: data[key] for key in KEPT if key in data}
    profile = data.get("profile")
    if isinstance(profile, dict):
        kept["profile"] = {key: profile[key] for key in KEPT_OF_PROFILE if key in profile}
    return kept


def read_player(data: dict[str, Any]) -> ChessPlayer:
    """Read an account as `public` left it. Raise what pydantic raises."""
    closed = data.get("disabled", False)
    profile = data.get("profile") or {}
    count = data.get("count") or {}
    play_time = data.get("playTime") or {}
    perfs = data.get("perfs")
    return ChessPlayer(
        id=data["id"],
        name=data["username"],
        closed=closed,
        title=data.get("title"),
        tos_violation=None if closed else data.get("tosViolation", False),
        flag=profile.get("flag"),
        created_at=_instant(data, "createdAt"),
        seen_at=_instant(data, "seenAt"),
        games=count.get("all"),
        rated_games=count.get("rated"),
        wins=count.get("win"),
        losses=count.get("loss"),
        draws=count.get("draw"),
        imported_games=count.get("import"),
        games_in_progress=count.get("playing"),
        play_time_s=play_time.get("total"),
        play_time_tv_s=play_time.get("tv"),
        play_time_human_s=play_time.get("human"),
        fide_rating=profile.get("fideRating"),
        uscf_rating=profile.get("uscfRating"),
        ecf_rating=profile.get("ecfRating"),
        rcf_rating=profile.get("rcfRating"),
        cfc_rating=profile.get("cfcRating"),
        dsb_rating=profile.get("dsbRating"),
        perfs=None if perfs is None else {name: _perf(perf) for name, perf in perfs.items()},
    )


def _instant(data: dict[str, Any], key: str) -> datetime | None:
    return instant(data[key]) if key in data else None


def _perf(perf: dict[str, Any]) -> Perf:
    """Read one category. The mark of a provisional rating is sent only where it is so."""
    rating = perf.get("rating")
    return Perf(
        games=perf.get("games"),
        rating=rating,
        deviation=perf.get("rd"),
        progress=perf.get("prog"),
        provisional=None if rating is None else perf.get("prov", False),
        rank=perf.get("rank"),
        runs=perf.get("runs"),
        score=perf.get("score"),
    )
