"""Search over what is stored of esports: by the beginnings of words in names."""

import re

from crawlers.storage.database import Database
from crawlers.storage.things import Row, rows

KINDS = ("team", "player", "event", "series")

# The indexes of the schema are on these very expressions.
WORDS = {
    "team": "to_tsvector('simple', name || ' ' || coalesce(tag, ''))",
    "player": "to_tsvector('simple', alias || ' ' || coalesce(real_name, ''))",
    "event": "to_tsvector('simple', name)",
    "series": "to_tsvector('simple', series_name)",
}
FOUND = {
    "team": "id, name, tag, logo_url, checked_at from esports_teams",
    "player": "id, alias, real_name, image_url, checked_at from esports_players",
    "event": "id, name, subtitle, image_url, checked_at from esports_events",
    "series": "series_id, max(series_name), null, max(image_url), max(checked_at)"
    " from esports_events",
}
SEARCH = """
select * from ({parts}) as found (kind, id, name, description, image_url, checked_at)
order by lower(name) = lower(%(text)s) desc, starts_with(lower(name), lower(%(text)s)) desc,
         length(name), name, kind, id
limit %(limit)s
"""
LOOKED_AT = 1000
"""Of each kind at most so many are ordered: a letter may begin every name."""


async def search(database: Database, text: str, kind: str | None, limit: int) -> list[Row]:
    """Return what has words that begin with those of *text*, the best first."""
    words = re.findall(r"[^\W_]+", text)
    if not words:
        return []
    wanted = " & ".join(f"{word}:*" for word in words)
    values = {"text": text, "words": wanted, "limit": limit}
    return await rows(database, query_for(kind), values)


def query_for(kind: str | None) -> str:
    """Return the query for names of one kind, or of all."""
    parts = " union all ".join(f"({_part(one)})" for one in ([kind] if kind else KINDS))
    return SEARCH.format(parts=parts)


def _part(kind: str) -> str:
    group = " group by series_id" if kind == "series" else ""
    known = " and series_id is not null" if kind == "series" else ""
    test = f"{WORDS[kind]} @@ to_tsquery('simple', %(words)s){known}"
    return f"select '{kind}', {FOUND[kind]} where {test}{group} limit {LOOKED_AT}"
