"""Values as PostgreSQL's text COPY reads them, and text as PostgreSQL can hold it.

A line of COPY text holds a row. The separator and the NULL sign are control characters that
real text hardly ever contains, so that all lines of a harvest are escaped by three searches at
the speed of C instead of one pass over every cell. Text that does contain them takes the slow
path.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

SEPARATOR = "\x1f"
NULL = "\x1e"
END = "\x1d"
"""Stands between lines while they are worked on together; never sent."""

NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""The escape itself, not an escaped backslash before a word that looks like it."""

Encoder = Callable[[Any], str]


def sanitise(value: Any) -> Any:
    """Return *value* without what PostgreSQL cannot hold, down to the last string in it.

    NUL disappears. Surrogates that form a pair become their character, lone ones U+FFFD.
    """
    if isinstance(value, str):
        whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return whole.replace("\0", "")
    if isinstance(value, dict):
        return {sanitise(key): sanitise(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(map(sanitise, value))
    if isinstance(value, BaseModel):
        return sanitise(to_jsonable_python(value, inf_nan_mode="null"))
    return value


def is_clean(text: str) -> bool:
    """Tell whether PostgreSQL can hold *text*."""
    if "\0" in text:
        return False
    if text.isascii():  # known without looking
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_cell(value: Any) -> str:
    """Return *value* (records included) as JSON, NaN as null; what is unclean stays unclean."""
    try:
        text = to_json(value, inf_nan_mode="null").decode()
    except PydanticSerializationError:  # a lone surrogate
        return "\0"
    return "\0" if "\\u0000" in text and NUL_IN_JSON.search(text) else text


def json_text(value: Any) -> str:
    """Return *value* as JSON that jsonb accepts."""
    text = json_cell(value)
    return text if text != "\0" else to_json(sanitise(value), inf_nan_mode="null").decode()


def number_array(values: Sequence[float | None]) -> str:
    """Return the array literal of numbers or truth values."""
    return "{" + str(list(values))[1:-1].replace("None", "NULL") + "}"


def text_array(values: Sequence[Any]) -> str:
    """Return the array literal of strings, dates or instants."""
    try:
        joined = '","'.join(values)
    except TypeError:
        return "{" + ",".join(map(_element, values)) + "}"
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        return "{" + ",".join(map(_element, values)) + "}"
    return '{"' + joined + '"}'


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def line(cells: Sequence[str | None]) -> str:
    """Return one line of COPY text, without its newline; the cells must be clean."""
    nulls = cells.count(None)
    text = SEPARATOR.join([NULL if cell is None else cell for cell in cells])
    if text.count(SEPARATOR) != len(cells) - 1 or text.count(NULL) != nulls:
        return SEPARATOR.join([NULL if cell is None else _escaped(cell) for cell in cells])
    return _escape_lines(text)


def plain_lines(rows: Iterable[Iterable[str]], width: int, nulls: int) -> list[str] | None:
    """Return the lines of *rows* of *width* cells, *nulls* of them NULL; None if one needs care.

    All lines are checked and escaped as one text.
    """
    found = list(map(SEPARATOR.join, rows))
    whole = END.join(found)
    if whole.count(SEPARATOR) != len(found) * (width - 1) or whole.count(END) != len(found) - 1:
        return None
    if whole.count(NULL) != nulls or not is_clean(whole):
        return None
    return _escape_lines(whole).split(END)


def _escape_lines(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _escaped(cell: str) -> str:
    cell = _escape_lines(cell)
    return cell.replace(SEPARATOR, "\\" + SEPARATOR).replace(NULL, "\\" + NULL)
