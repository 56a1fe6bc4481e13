"""Periodic work as pure data: for those who plan it and for those who keep it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class Times(NamedTuple):
    """An instant of a plan (*due_at*), and when its run is handed in."""

    due_at: datetime
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """An entry of the plan. *last_note* says why its last run was not as planned."""

    name: str
    expression: str
    zone: str
    source: str
    arguments: dict[str, Any]
    units_file: str | None
    jitter_s: int
    may_overlap: bool
    is_paused: bool = False
    due_at: datetime
    next_at: datetime
    last_at: datetime | None = None
    last_job: str | None = None
    last_note: str | None = None

    @property
    def given(self) -> tuple[Any, ...]:
        """What a person said of it."""
        texts = (self.name, self.expression, self.zone, self.source, self.units_file)
        return (*texts, self.arguments, self.jitter_s, self.may_overlap)
