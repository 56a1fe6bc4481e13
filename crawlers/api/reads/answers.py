"""Answers: JSON of rows as they are stored, and how old they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import Response
from pydantic_core import to_json


def answer(content: Any, age_s: int | None = None) -> Response:
    """Return *content* as JSON. The header Age says how old its oldest row is.

    Rows are written as they come from the database: they were checked when they were stored.
    """
    headers = {} if age_s is None else {"Age": str(age_s)}
    body = to_json(content, inf_nan_mode="null")
    return Response(body, media_type="application/json", headers=headers)


def age_s(row: Mapping[str, Any]) -> int:
    """Return the seconds since *row* was last seen at its source."""
    return _age_s(row["checked_at"])


def ages(rows: Sequence[Mapping[str, Any]]) -> dict[str, int | None]:
    """Return the ages of the oldest and the newest of *rows*; None where they have none."""
    seen = [row["checked_at"] for row in rows if "checked_at" in row]
    if not seen:
        return {"oldest_s": None, "newest_s": None}
    return {"oldest_s": _age_s(min(seen)), "newest_s": _age_s(max(seen))}


def _age_s(seen_at: datetime) -> int:
    return max(0, int((datetime.now(UTC) - seen_at).total_seconds()))
