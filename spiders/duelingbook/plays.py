"""One play of a record: a plain object, and what is asked of it in more than one place."""

from typing import Any

Play = dict[str, Any]


def log_lines(play: Play) -> list[dict[str, Any]]:
    """Return the play's log lines: none, one, or a list of them."""
    lines = play.get("log")
    if lines is None:
        return []
    return lines if isinstance(lines, list) else [lines]


def text_of(line: dict[str, Any]) -> str:
    """Return what the player himself saw: it names hidden cards, where it is kept."""
    text = line.get("private_log") or line.get("public_log") or ""
    if not isinstance(text, str):
        raise TypeError(f"a log line is {text!r}"[:80])
    return text


def quoted(text: str) -> tuple[str, str]:
    """Split a line into the card that it names and the words around it.

    A card's own name may hold quotes, so the first and the last of the line count.

    >>> quoted('Drew "Maxx "C""')
    ('Maxx "C"', 'Drew ')
    """
    before, found, rest = text.partition('"')
    if not found or '"' not in rest:
        return "", text
    name, _, after = rest.rpartition('"')
    return name, before + after
