"""The arguments of ``scrapy crawl duelingbook``."""

import re
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from crawlers.saved_files import Files
from crawlers.spider import CommaSeparated, SourceArguments
from spiders.duelingbook.answer import wanted_id

ID: Final = re.compile(r"(?:[0-9]+-)?0*([1-9][0-9]{0,18})")
HOSTS: Final = frozenset({"duelingbook.com", "www.duelingbook.com"})


def replay_ids(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check the ids, ``N`` or ``user-N``, and return each N once."""
    found = []
    for given in value:
        if not (match := ID.fullmatch(given)):
            raise ValueError(f"{given!r} is no replay id: expected a number, or USER-NUMBER")
        found.append(match[1])
    return tuple(dict.fromkeys(found))


def replay_urls(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids in the addresses of replay pages; whatever else they say is dropped."""
    for url in value:
        parts = urlsplit(url if "//" in url else f"https://{url}")
        if parts.hostname not in HOSTS or parts.path.rstrip("/") != "/replay":
            raise ValueError(
                f"{url!r} is no replay page: expected https://www.duelingbook.com/replay?id=NUMBER"
            )
    return tuple(dict.fromkeys(map(wanted_id, value)))


class DuelingBookArguments(SourceArguments):
    """Which replays, and whether to keep what people said in them."""

    units = ("ids", "urls")

    urls: Annotated[CommaSeparated, AfterValidator(replay_urls)] = Field(
        (), description="addresses of replay pages, separated by commas"
    )
    urls_file: Path | None = Field(None, description="a file with one address a line")
    ids: Annotated[CommaSeparated, AfterValidator(replay_ids)] = Field(
        (), description="ids of replays, separated by commas"
    )
    ids_file: Path | None = Field(None, description="a file with one id a line")
    files: Files = Field(
        (), description="saved answers, JSON or HAR: files, folders, globs, separated by commas"
    )
    chat: bool = Field(default=False, description="1 keeps the chat, which is left out otherwise")

    @model_validator(mode="after")
    def _check(self) -> "DuelingBookArguments":
        if not (self.urls or self.ids or self.files):
            raise ValueError("no replays: give urls=URL,URL or ids=ID,ID or files=FILE,FOLDER")
        return self

    @property
    def replays(self) -> tuple[str, ...]:
        """The ids of the replays to ask the site for, each once."""
        return tuple(dict.fromkeys(self.urls + self.ids))

    @classmethod
    def field_of(cls, unit: str) -> str:
        """Take what has a slash in it for an address."""
        return "urls" if "/" in unit else "ids"

    def unit_names(self) -> tuple[str, ...]:
        """Return the ids of the replays: an address is read as the id in it."""
        return self.replays
