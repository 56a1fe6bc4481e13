"""A small replay of DuelingBook, as the site sends it and as its page reads it."""

import json
from typing import Any

from crawlers.items.duels import DuelReplay
from spiders.duelingbook.pages import ReplayPage
from tests.replica.duel_records import record
from tests.replica.duels import Ending, GameSpec, MatchSpec, RecordSpec

URL = "https://www.duelingbook.com/replay?id=7"

MATCH = MatchSpec((GameSpec(Ending("Admit defeat", 2, over=True), turns=1),))


def data_of(match: MatchSpec = MATCH, **more: Any) -> dict[str, Any]:
    """Return the record of a replay with one *match*."""
    return record(RecordSpec(7, (match,), **more))


def redacted(data: Any) -> bytes:
    """Return what is kept of *data*, sent as JSON."""
    return ReplayPage.redact(json.dumps(data).encode())


def read(data: dict[str, Any]) -> DuelReplay:
    """Return the replay that is read of what is kept."""
    replay = next(ReplayPage(URL, redacted(data)).items())
    assert isinstance(replay, DuelReplay)
    return replay
