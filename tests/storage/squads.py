"""Items that only these tests know: a squad told by several kinds of page, and its members."""

from typing import ClassVar

import pytest

from crawlers.items.base import Item
from crawlers.storage.tables import table_of
from tests.storage.things import Look


class Member(Item):
    """A row that a squad owns, and replaces."""

    table: ClassVar[str] = "members"
    identity: ClassVar[tuple[str, ...]] = ("season", "squad", "name")
    replaced_by: ClassVar[tuple[str, ...]] = ("season", "squad")

    season: int
    squad: str
    name: str
    role: str | None = None


class Squad(Item):
    """A row in parts; its table comes after that of its members."""

    table: ClassVar[str] = "squads"
    identity: ClassVar[tuple[str, ...]] = ("season", "id")
    merges: ClassVar[bool] = True

    season: int = 1
    id: str
    city: str | None = None
    wins: int | None = None
    tags: tuple[str, ...] | None = None
    members: tuple[Member, ...] | None = None
    reserves: tuple[Member, ...] | None = ()


def squad(name: str, members: str | None = None, season: int = 1, **more: object) -> Squad:
    """Return a squad with one member for each letter of *members*; None says nothing of them."""
    rows = members and tuple(Member(season=season, squad=name, name=one) for one in members)
    return Squad.model_validate(
        {"season": season, "id": name, "members": () if rows == "" else rows, **more}
    )


@pytest.fixture
def squads(look: Look) -> Look:
    """Look at a database that has the tables of squads."""
    for item_class in (Squad, Member):
        look.execute(table_of(item_class).create())
    return look


def members(look: Look, name: str = "a", season: int = 1) -> str:
    """Return the stored members of a squad."""
    query = f"select name from members where season = {season} and squad = '{name}'"  # noqa: S608 - ours
    return "".join(sorted(row["name"] for row in look.rows(query)))
