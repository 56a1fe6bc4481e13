"""Which crawl would fetch again what an answer shows. Sources say it: see `SourceSpider.refreshes`.

What costs money, or never changes, names no crawl.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from string import Formatter
from typing import Any

from pydantic_core import to_json

from crawlers.jobs.sources import Sources
from crawlers.spider import SourceSpider


@dataclass(frozen=True, slots=True)
class Refresh:
    """A job to hand in: *units* of a crawl of *source* with *arguments*.

    *words* say the same as people do, by name: ``-a name=value``.
    """

    source: str
    arguments: Mapping[str, Any]
    units: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def flight(self) -> str:
        """What is equal for all who want the same."""
        wanted = [self.source, sorted(self.arguments.items()), self.units]
        return f"refresh-{sha256(to_json(wanted)).hexdigest()[:32]}"


def describe(sources: Sources, kind: str, known: Mapping[str, Any]) -> Refresh | None:
    """Return what fetches again a row of the table *kind*, or a list of it (``table[]``).

    *known* are the columns of the row, its source among them; of a row that is not stored, those
    of its key; of a list, its filters.
    """
    for spider in _spiders(sources, known):
        if "checked_at" in known and kind in spider.lasting:
            return None
        for template in spider.refreshes.get(kind, ()):
            if found := _filled(spider, template, known):
                return found
    return None


def _spiders(sources: Sources, known: Mapping[str, Any]) -> Iterator[type[SourceSpider]]:
    """Yield the sources that may know it: the one that stored it, or those of its platform."""
    names = (known["source"],) if "source" in known else sources.names
    for name in names:
        if known.get("platform", name) == name:
            try:
                yield sources.spider(name)
            except LookupError:  # a source that is gone has left rows
                continue


def _filled(
    spider: type[SourceSpider], template: Mapping[str, str], known: Mapping[str, Any]
) -> Refresh | None:
    """Return the crawl with what is *known* in its arguments; None where that does not do."""
    needed = {name for text in template.values() for _, name, _, _ in Formatter().parse(text)}
    values = {name: known.get(name) for name in needed if name}
    # A comma would make two of one.
    if any(value is None or "," in str(value) for value in values.values()):
        return None
    arguments = {name: text.format_map(values) for name, text in template.items()}
    if spider.problem_with(arguments):
        return None
    args = spider.read_arguments(arguments)
    return Refresh(spider.name, args.without_units(), args.unit_names(), arguments)
