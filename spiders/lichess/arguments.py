"""The arguments of ``scrapy crawl lichess``."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crawlers.spider import CommaSeparated, SourceArguments
from spiders.lichess.vocabulary import GAME_PERFS

NAME = re.compile(r"[A-Za-z0-9_-]{2,30}")
FIRST_GAME_MS = 1_356_998_400_070
"""The API refuses bounds before this instant, the beginning of 2013."""


def names(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check the user names, and drop repetitions: case does not matter."""
    for name in value:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no user name of Lichess")
    return tuple({name.lower(): name for name in value}.values())


def instant_ms(value: Any) -> Any:
    """Read a date, an instant in ISO 8601 (UTC if it says nothing), or epoch milliseconds."""
    if not isinstance(value, str):
        return value
    if value.isdigit() and len(value) > 8:  # noqa: PLR2004 - 20240131 is a date in ISO 8601
        return int(value)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(
            f"{value!r} is no date: expected 2024-01-31 or 2024-01-31T12:00Z"
        ) from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def perf_names(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what the API would silently ignore."""
    if unknown := sorted(set(value) - GAME_PERFS):
        raise ValueError(f"unknown perf {unknown[0]!r} (known: {', '.join(sorted(GAME_PERFS))})")
    return tuple(sorted(set(value)))


Names = Annotated[CommaSeparated, AfterValidator(names)]


def since_2013(value: int) -> int:
    """Refuse what the API refuses."""
    if value < FIRST_GAME_MS:
        raise ValueError("the site's games begin at 2013-01-01")
    return value


Instant = Annotated[int, BeforeValidator(instant_ms), AfterValidator(since_2013)]


class LichessArguments(SourceArguments):
    """Which players, and which of their games."""

    units = ("players",)

    players: Names = Field((), description="user names, separated by commas")
    players_file: Path | None = Field(None, description="a file with one user name a line")
    since: Instant | None = Field(None, description="only games created at or after this date")
    until: Instant | None = Field(None, description="only games created before this date")
    max: int | None = Field(None, ge=1, description="the newest N games of each player")
    perf: Annotated[CommaSeparated, AfterValidator(perf_names)] = Field(
        (), description="only these kinds of games, separated by commas"
    )
    rated: bool | None = Field(None, description="only rated games (1) or only casual ones (0)")
    full: bool = Field(default=False, description="1 reads all again, whatever is stored")

    @model_validator(mode="after")
    def _check(self) -> "LichessArguments":
        if not self.players:
            raise ValueError("no players: give players=NAME,NAME or players_file=FILE")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("since is not before until")
        return self

    @property
    def limited(self) -> bool:
        """Whether the run reads a part only, and so moves no mark."""
        return not (self.max is None and self.since is None and self.until is None)
