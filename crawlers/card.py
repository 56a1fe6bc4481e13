"""A source's card: the docstring of its package, in fields that people and code read."""

import re
from collections.abc import Iterator

from pydantic import Field, ValidationError

from crawlers.errors import ConfigError
from crawlers.items.base import Record

LINE = re.compile(r"^([A-Z][a-z]+): *(.*)$")


class Card(Record, strict=False):
    """What a source is, what it allows, and what a crawl of it should bring."""

    title: str
    site: str = Field(pattern=r"^https?://")
    terms: str
    robots: str
    obey: bool = Field(default=True, description="robots.txt is obeyed; no: Robots says why")
    concurrency: int = Field(ge=1, description="requests at once to one limit key")
    delay: float = Field(ge=0, description="seconds between two requests to one limit key")
    serial: bool = Field(description="never two transfers at once, anywhere")
    shared: bool = Field(
        default=False,
        description="concurrency and delay hold over all workers of one database; the delay then "
        "lies between two requests in one of the places",
    )
    volume: str
    expects: int = Field(ge=0, description="rows below which a crawl has failed")

    @classmethod
    def read(cls, docstring: str) -> "Card":
        """Parse *docstring*: a title line, then ``Field: value`` lines, indented when long."""
        fields: dict[str, str] = {}
        for name, value in _fields(docstring):
            if name in fields:
                raise ConfigError(f"source card, field {name!r}: said twice")
            fields[name] = value
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ConfigError(f"source card, field {first['loc']}: {first['msg']}") from error


def _fields(docstring: str) -> Iterator[tuple[str, str]]:
    title, _, rest = docstring.strip().partition("\n")
    yield "title", title
    name, words = "", [""]
    for line in rest.splitlines():
        if found := LINE.match(line.strip()):
            if name:
                yield name, " ".join(words)
            name, words = found[1].lower(), [found[2]]
        elif line.strip():
            words.append(line.strip())
    if name:
        yield name, " ".join(words)
