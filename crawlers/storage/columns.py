"""Columns: what a field's annotation means to PostgreSQL."""

from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime

from crawlers.storage.text import Encoder, json_cell, number_array, text_array

SCALARS: dict[Any, str] = {
    str: "text",
    bool: "boolean",
    int: "bigint",
    float: "double precision",
    datetime: "timestamp with time zone",
    AwareDatetime: "timestamp with time zone",
    date: "date",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column; *type* is spelled as PostgreSQL's ``format_type`` spells it."""

    name: str
    type: str
    nullable: bool = False

    @property
    def encoder(self) -> Encoder | None:
        """How a value becomes a cell of COPY text; None where it is its own text."""
        if self.type == "jsonb":
            return json_cell
        if self.type.endswith("[]"):
            numeric = self.type in {"bigint[]", "double precision[]", "boolean[]"}
            return number_array if numeric else text_array
        return None if self.type == "text" else str


def column(name: str, annotation: Any) -> Column:
    """Derive a column from a field's *annotation*; raise TypeError for one without a type."""
    options = _options(annotation)
    nullable = NoneType in options
    types = {_type_of(option) for option in options if option is not NoneType}
    if len(types) != 1 or None in types:
        raise TypeError(f"{name}: no column type for {annotation}")
    return Column(name, str(types.pop()), nullable)


def _options(annotation: Any) -> tuple[Any, ...]:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        return tuple(one for arg in get_args(annotation) for one in _options(arg))
    return (annotation,)


def _type_of(annotation: Any) -> str | None:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        annotation = type(args[0])
    if annotation in SCALARS:
        return SCALARS[annotation]
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        inner = {_type_of(one) for one in _options(args[0]) if one is not NoneType}
        element = inner.pop() if len(inner) == 1 else "jsonb"
        return f"{element}[]" if element in SCALARS.values() else "jsonb"
    if isinstance(annotation, type) and origin is None and issubclass(annotation, str):
        return "text"
    return None if annotation in (bytes, set, frozenset) else "jsonb"
