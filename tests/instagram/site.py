"""The API as a test sees it: the replica, crawls, what they stored, and the bill."""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from spiders.instagram.spider import InstagramSpider
from tests.crawls.run import ROOT
from tests.crawls.source import Source
from tests.replica.apify import ApifyWorld
from tests.replica.apify_rows import profile_id

RUN = ("id", "dataset", "message", "started_at", "finished_at")


@dataclass
class Apify(Source[ApifyWorld]):
    """The API, and crawls of followers into one database."""

    Spider = InstagramSpider
    World = ApifyWorld
    also = ("marks",)
    stand_in = "apify"
    brisk = {}  # noqa: RUF012 - declared above
    given = {"accounts": "a1,a2,a3"}  # noqa: RUF012 - the same
    dropped = {"apify_runs": RUN, "marks": ("updated_at",)}  # noqa: RUF012 - the same

    def __post_init__(self) -> None:
        """Let crawls know the token, and the names that were made ready for all of them."""
        self.crawls.environment["APIFY_TOKEN"] = self.world.token
        (self.crawls.home / "cache").symlink_to(names())

    def tables(self, **without: Sequence[str]) -> dict[str, list[str]]:
        """Return also what each run was charged for."""
        runs = sorted(f"{run['input']['usernames']}: {run['rows']}" for run in self.runs)
        return super().tables(**without) | {"bill": runs}

    def table(self, name: str, *without: str) -> list[str]:
        """Leave out also when an account was read."""
        return [re.sub(r'"at_s": \d+', "", row) for row in super().table(name, *without)]

    def followers(self, *accounts: str, count: int | None = None) -> set[tuple[str, str]]:
        """Return (account, profile id) of everybody who follows *accounts* in the world."""
        places = range(self.world.followers if count is None else count)
        shared = self.world.shared
        return {(one, str(profile_id(one, place, shared))) for one in accounts for place in places}

    @property
    def stored(self) -> set[tuple[str, str]]:
        """(account, profile id) of all that is stored."""
        return set(self.query("select account, profile_id from follows"))

    @property
    def bill(self) -> dict[str, Any]:
        """What the runs have cost."""
        found: dict[str, Any] = self.site.control("bill")
        return found

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The runs that were started."""
        found: list[dict[str, Any]] = self.bill["runs"]
        return found

    def asked(self, part: str) -> list[str]:
        """Return the targets of requests with *part* in it."""
        return [one["target"] for one in self.site.log if part in one["target"]]


@cache
def names() -> Path:
    """Return a folder with the data of first names, made once in each process."""
    home = Path(tempfile.mkdtemp(prefix="names-"))
    atexit.register(shutil.rmtree, home)
    make = "from crawlers.gender import prepare; prepare()"
    environment = os.environ | {"CRAWLERS_HOME": str(home)}
    subprocess.run([sys.executable, "-c", make], check=True, env=environment, cwd=ROOT)
    return home / "cache"
