"""Actors that list followers: what each takes as its input, and which are of no use here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

NAME: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,62})[/~]([a-z0-9][a-z0-9-]{0,62})")


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor, by its name ``owner/name``.

    *accounts* and *limits* are the fields of its input that hold the accounts and how many
    followers of each are wanted. Where its rows do not *name* the account, a run has only one.
    """

    name: str
    accounts: str = "usernames"
    limits: tuple[str, ...] = ("resultsLimit",)
    more: tuple[tuple[str, Any], ...] = (("dataToScrape", "followers"),)
    names_account: bool = True

    @property
    def path(self) -> str:
        """The name as it stands in addresses of the API."""
        return self.name.replace("/", "~")

    def input(self, accounts: Sequence[str], max_followers: int) -> dict[str, Any]:
        """Return the input of a run: plain JSON, with the cap that the actor itself keeps."""
        limits = dict.fromkeys(self.limits, max_followers)
        return {self.accounts: list(accounts)} | limits | dict(self.more)


DEFAULT: Final = "apify/instagram-followers-following-scraper"

ACTORS: Final[Mapping[str, Actor]] = {
    actor.name: actor
    for actor in (
        Actor(DEFAULT),
        Actor("dead00/instagram-followers-following-scraper-no-cookies"),
        Actor(
            "scraping_solutions/instagram-scraper-followers-following-no-cookies",
            accounts="Account",
            more=(("dataToScrape", "Followers"),),
        ),
        Actor(
            "datadoping/instagram-followers-scraper",
            limits=("max_count",),
            more=(),
            names_account=False,
        ),
    )
}
"""Those whose input is known."""

FOLLOWING: Final = "lists whom an account follows, not its followers"
COOKIES: Final = "wants the cookies of somebody who is logged in, and there are no accounts here"
USELESS: Final[Mapping[str, str]] = {
    "apify-alexey/instagram-audience": COOKIES,
    "coderx/instagram-followers-list-scraper": COOKIES,
    "wilcode/instagram-follower-scraper": COOKIES,
    "louisdeconinck/instagram-following-scraper": COOKIES,
    "datadoping/instagram-following-scraper": FOLLOWING,
    "datavoyantlab/instagram-following-scraper": FOLLOWING,
    "memo23/instagram-following-scraper": FOLLOWING,
    "thenetaji/instagram-following-scraper": FOLLOWING,
    "apify/instagram-profile-scraper": "describes accounts, and lists no followers",
}
"""What is refused before anything is paid for, and why."""


def actor_named(name: str) -> Actor:
    """Return the actor *name*, ``owner/name`` or ``owner~name``; ValueError for one of no use.

    Of one that nobody knows the input is a guess: the fields of the actor that is the default, with
    the cap under each name that is known for it.
    """
    found = NAME.fullmatch(name)
    if not found:
        raise ValueError(f"{name!r} is no actor: expected OWNER/NAME")
    name = f"{found[1]}/{found[2]}"
    if name in USELESS:
        raise ValueError(f"{name} {USELESS[name]}")
    return ACTORS.get(name) or Actor(name, limits=("resultsLimit", "max_count"))
