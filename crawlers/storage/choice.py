"""Which rows of a batch are written: of those with one key the latest, or all in their order."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from crawlers.storage.pending import Pending
from crawlers.storage.replaced import Newest
from crawlers.storage.tables import Row, Table

Choice = tuple[Row, Pending, datetime]
"""The row that stays of those with one key, and when the first that differed was observed."""

Chosen = dict[tuple[Any, ...], Choice]

Tables = dict[Table, list[Chosen]]
"""What goes to each table, in rounds: one, unless a batch holds a key of a merging item twice."""


def choose(batch: Sequence[Pending], newest: Newest | None = None) -> Tables:
    """Of the rows with one key, keep the one observed last, or else the one that came last.

    Those of a merging item all stay, in as many rounds. What *newest* overrules is left out.
    """
    tables: dict[Table, Chosen] = defaultdict(dict)
    merging: dict[Table, list[Choice]] = defaultdict(list)
    for pending in batch:
        at = pending.harvest.fetched_at
        rows = newest.left(pending.rows, at) if newest else pending.rows
        for row in rows:
            chosen = tables[row.table]
            rival = chosen.get(row.key)
            choice = (row, pending, at)
            if rival is None:
                chosen[row.key] = choice
            elif row.table.merges:
                merging[row.table].append(choice)
            else:
                chosen[row.key] = _later(rival, choice)
    rounds = {table: [chosen] for table, chosen in tables.items()}
    for table, more in merging.items():
        rounds[table] = _rounds([*tables[table].values(), *more])
    return rounds


def _rounds(choices: Sequence[Choice]) -> list[Chosen]:
    """Order what has one key by time. Of equal neighbours of a day only the later counts."""
    series: dict[tuple[Any, ...], list[Choice]] = defaultdict(list)
    for choice in sorted(choices, key=itemgetter(2)):
        found = series[choice[0].key]
        if found and _is_confirmed(found[-1], choice):
            found.pop()
        found.append(choice)
    return [
        {key: found[number] for key, found in series.items() if number < len(found)}
        for number in range(max(map(len, series.values())))
    ]


def _is_confirmed(earlier: Choice, later: Choice) -> bool:
    # Days are told apart, as in the table itself: prices over time have one sighting of each.
    return earlier[0].cells == later[0].cells and earlier[2].date() == later[2].date()


def _later(rival: Choice, choice: Choice) -> Choice:
    rival_at, at = rival[1].harvest.fetched_at, choice[1].harvest.fetched_at
    row, pending, _ = winner = choice if at >= rival_at else rival
    if choice[0].cells == rival[0].cells and rival[2] == rival_at:
        return winner
    return row, pending, min(rival[2], at)
