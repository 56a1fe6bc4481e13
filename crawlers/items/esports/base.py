"""What the esports items share: ids, counts, links.

Identities are the site's own ids, as text. `team` and `winner` are 1 or 2: the team's place in
the match's header. A percentage is a number from 0 to 100.
"""

from typing import Annotated

from pydantic import Field

from crawlers.items.base import Record

Id = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Place = Annotated[int, Field(ge=1, le=2)]


class Link(Record):
    """A named address: a stream, a recording, a social account."""

    name: str | None = None
    url: Text


class Placement(Record):
    """Where a team or a player ended in an event's stage."""

    event_id: Id | None = None
    event_name: Text
    stage: str | None = None
    place: str | None = Field(None, description="as shown: 1st, 5th-6th")
    prize_text: str | None = None
    team_name: str | None = Field(None, description="of a player: with which team")
    year: int | None = None
