"""Forms from the models of arguments: what there is to fill in, what it says, what is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from crawlers.api.sources import Source
from crawlers.spider import SourceSpider

Given = Mapping[str, str]
"""What a form sends: an empty text is nothing."""
NULL = {"type": "null"}


@dataclass(frozen=True, slots=True)
class Input:
    """An argument to fill in. *kind* is lines, choice, flag, number, date or text.

    *is_unit*: each of its values is a unit of the job.
    """

    name: str
    kind: str
    description: str
    default: str
    is_unit: bool
    options: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


def inputs(spider: type[SourceSpider], *, in_test_mode: bool) -> list[Input]:
    """Return what may be filled in for *spider*, its units first."""
    schemas: dict[str, Any] = Source.of(spider).arguments["properties"]
    if in_test_mode:
        schemas |= {"origin": spider.Arguments.model_json_schema()["properties"]["origin"]}
    found = [_input(name, one, spider.Arguments.units) for name, one in schemas.items()]
    return sorted(found, key=lambda one: not one.is_unit)


def arguments(fields: list[Input], given: Given) -> dict[str, Any]:
    """Return the arguments that *given* says: lists by lines and commas, as after ``-a``."""
    return dict(_arguments(fields, given))


def _arguments(fields: list[Input], given: Given) -> Iterator[tuple[str, Any]]:
    for one in fields:
        text = given.get(one.name, "").strip()
        if text and one.kind == "lines":
            parts = (part.strip() for line in text.splitlines() for part in line.split(","))
            yield one.name, [part for part in parts if part]
        elif text:
            yield one.name, text


def wrong(spider: type[SourceSpider], given: Mapping[str, Any]) -> dict[str, str]:
    """Say what is wrong with each argument; what is not about a single one is under ``""``."""
    read = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    try:
        spider.read_arguments(read)
    except ValidationError as error:
        found: dict[str, str] = {}
        for one in error.errors(include_url=False):
            name = str(one["loc"][0]) if one["loc"] else ""
            found.setdefault(name, str(one["msg"]).removeprefix("Value error, "))
        return found
    return {}


def _input(name: str, schema: Mapping[str, Any], units: tuple[str, ...]) -> Input:
    kinds = [one for one in schema.get("anyOf", [schema]) if one != NULL]
    kind = kinds[0]
    return Input(
        name=name,
        kind=_kind(kind),
        description=schema.get("description", ""),
        default=_default(schema.get("default")),
        is_unit=name in units,
        options=tuple(kind.get("enum", ())),
        least=kind.get("minimum"),
        most=kind.get("maximum"),
    )


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "choice"
    if schema.get("format") == "date":
        return "date"
    # A number without bounds may be read from other texts as well: a day, for instance.
    is_number = schema["type"] == "integer" and "minimum" in schema
    return (
        "number" if is_number else {"array": "lines", "boolean": "flag"}.get(schema["type"], "text")
    )


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or value == [] else str(value)
