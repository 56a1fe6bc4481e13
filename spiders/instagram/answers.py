"""What every answer of the API has in common: the envelope, and errors."""

import re
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json, to_json

from crawlers.errors import PageError, UpstreamError
from crawlers.items.base import Record

MICRO: Final = 1_000_000
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST: Final = 300


class ApiError(UpstreamError):
    """Raised for an answer that is an error of the API; *kind* is its ``type``."""

    def __init__(self, url: str, kind: str, message: str) -> None:
        """Keep the *kind*, and what the API says of it in one line."""
        super().__init__(url, f"{kind}: {message}"[:LONGEST])
        self.kind = kind


class RunState(Record, strict=False):
    """A run, as the API describes it."""

    id: str
    status: str
    dataset: str
    store: str
    started_at: datetime
    finished_at: datetime | None = None
    message: str | None = None
    cost_microusd: int | None = None
    """Hidden from those who are not the run's owner."""


def json_in(url: str, body: bytes) -> Any:
    """Return the JSON in *body*. Raises ApiError for an error, PageError for what is no JSON."""
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise PageError(url, f"no JSON: {error}"[:LONGEST]) from None
    if isinstance(found, dict) and isinstance(said := found.get("error"), dict):
        kind, message = (str(said.get(key) or "") for key in ("type", "message"))
        raise ApiError(url, kind or "unknown-error", " ".join(message.split()))
    return found


def data_in(url: str, body: bytes) -> dict[str, Any]:
    """Return what is inside of the envelope. Raises ApiError, PageError."""
    found = json_in(url, body)
    if not isinstance(found, dict) or not isinstance(data := found.get("data"), dict):
        raise PageError(url, "no object `data`")
    return data


def only_error(body: bytes) -> bytes:
    """Return the error in *body* and nothing else; of anything else nothing."""
    try:
        json_in("", body)
    except ApiError:
        error = from_json(body)["error"]
        return to_json({"error": {key: error.get(key) for key in ("type", "message")}})
    except PageError:
        pass
    return b""


def run_in(url: str, data: dict[str, Any]) -> RunState:
    """Read a run. Raises PageError for what breaks an assumption."""
    cost = data.get("usageTotalUsd")
    if cost is not None and (not isinstance(cost, int | float) or cost < 0):
        raise PageError(url, "usageTotalUsd is no cost")
    said = data.get("statusMessage")
    return RunState(
        id=identifier(url, data, "id"),
        status=named(url, data, "status"),
        dataset=identifier(url, data, "defaultDatasetId"),
        store=identifier(url, data, "defaultKeyValueStoreId"),
        started_at=instant(url, data, "startedAt"),
        finished_at=instant(url, data, "finishedAt") if data.get("finishedAt") else None,
        message=said[:LONGEST] if isinstance(said, str) and said else None,
        cost_microusd=None if cost is None else round(cost * MICRO),
    )


def named(url: str, data: dict[str, Any], key: str) -> str:
    """Return a text that must be there."""
    value = data.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise PageError(url, f"{key} is no text")
    return value


def identifier(url: str, data: dict[str, Any], key: str) -> str:
    """Return an id: it becomes a part of addresses."""
    value = named(url, data, key)
    if not ID.fullmatch(value):
        raise PageError(url, f"{key} is no id")
    return value


def instant(url: str, data: dict[str, Any], key: str) -> datetime:
    """Return an instant; one without a zone is none."""
    try:
        found = datetime.fromisoformat(named(url, data, key))
    except ValueError:
        raise PageError(url, f"{key} is no instant") from None
    if found.tzinfo is None:
        raise PageError(url, f"{key} has no zone")
    return found
