"""What somebody asks for, made a submission: every unit checked, each once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pydantic import ValidationError

from crawlers.arguments import SourceArguments, comma_separated
from crawlers.errors import CrawlersError
from crawlers.jobs.sources import Sources
from crawlers.spider import SourceSpider
from crawlers.storage.submissions import Submission

UNITS_MAX = 100_000
SHOWN = 100
"""Wrong units are named up to so many."""


class Problem(NamedTuple):
    """What is wrong (*message*), and *where*: a path into the request, such as ``units.3``."""

    where: str
    message: str


class SubmissionError(CrawlersError):
    """Raised for a job that cannot be handed in. Nothing has been written."""

    def __init__(self, problems: list[Problem]) -> None:
        """Say all of *problems*."""
        super().__init__("; ".join(f"{where}: {message}" for where, message in problems[:3]))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job as somebody asks for it.

    *arguments* are as after ``-a``: texts, or JSON. *units* are lines: a value of the source's
    first list of units (an account, an address), or ``name=value`` for another one.
    """

    source: str
    arguments: Mapping[str, Any]
    units: tuple[str, ...] = ()
    skips_wrong: bool = False
    """Wrong units are left out, and named; otherwise one is enough to refuse all."""
    reads_files: bool = True
    """Whether arguments may name files of this machine."""


def prepare(
    sources: Sources, wanted: Wanted, *, units_max: int = UNITS_MAX
) -> tuple[Submission, list[Problem]]:
    """Return what to hand in, and the units that were left out. Raises SubmissionError."""
    try:
        spider = sources.spider(wanted.source)
    except LookupError as error:
        raise SubmissionError([Problem("source", str(error.args[0]))]) from None
    _check_names(spider, wanted)
    if len(wanted.units) > units_max:
        raise _too_many(len(wanted.units), units_max)
    left_out: list[Problem] = []
    problem = spider.problem_with(_together(spider, wanted.arguments, wanted.units))
    if problem is not None and wanted.units:
        wanted, left_out = _without_wrong(spider, wanted)
        problem = spider.problem_with(_together(spider, wanted.arguments, wanted.units))
    if problem is not None:
        raise SubmissionError([_named(spider, problem)])
    args = spider.read_arguments(_together(spider, wanted.arguments, wanted.units))
    units = args.unit_names()
    if len(units) > units_max:
        raise _too_many(len(units), units_max)
    return Submission(wanted.source, args.without_units(), units), left_out


def with_identity(submission: Submission, **identity: Any) -> Submission:
    """Return *submission* with what its argument models do not know: owner, keys, workers."""
    return replace(submission, **{name: one for name, one in identity.items() if one is not None})


def _check_names(spider: type[SourceSpider], wanted: Wanted) -> None:
    given = wanted.arguments.keys()
    if "job" in given:
        raise SubmissionError([Problem("arguments.job", "a job has no job= of its own")])
    if not wanted.reads_files:
        reading = {"files", *(n for n in spider.Arguments.model_fields if n.endswith("_file"))}
        problems = [
            Problem(f"arguments.{name}", "files of the server are not read")
            for name in sorted(given & reading)
        ]
        if problems:
            raise SubmissionError(problems)


def _named(spider: type[SourceSpider], problem: str) -> Problem:
    """Return *problem* with the argument that it begins with, if it names one, as its place."""
    for name in spider.Arguments.model_fields:
        if problem.startswith(start := f"argument {name!r}: "):
            return Problem(f"arguments.{name}", problem.removeprefix(start))
    return Problem("arguments", problem)


def _together(
    spider: type[SourceSpider], arguments: Mapping[str, Any], units: Iterable[str]
) -> dict[str, Any]:
    """Return *arguments* with the *units* among them."""
    found = dict(arguments)
    for name, values in spider.Arguments.by_field(units).items():
        before = comma_separated(found.get(name, ()))
        if not isinstance(before, list | tuple):
            raise SubmissionError([Problem(f"arguments.{name}", "expected a list")])
        found[name] = (*before, *values)
    return {name: tuple(v) if isinstance(v, list) else v for name, v in found.items()}


def _without_wrong(spider: type[SourceSpider], wanted: Wanted) -> tuple[Wanted, list[Problem]]:
    """Return *wanted* without wrong units, and these; raise where one is enough to refuse all."""
    wrong: list[Problem] = []
    good: list[str] = []
    for place, unit in enumerate(wanted.units):
        if message := _problem_of(spider.Arguments, unit):
            wrong.append(Problem(f"units.{place}", message))
        else:
            good.append(unit)
    if wrong and not wanted.skips_wrong:
        more = len(wrong) - SHOWN
        rest = [Problem("units", f"and {more:,} more")] if more > 0 else []
        raise SubmissionError(wrong[:SHOWN] + rest)
    return replace(wanted, units=tuple(good)), wrong


def _problem_of(arguments: type[SourceArguments], unit: str) -> str | None:
    """Say what is wrong with one unit, by its own field alone."""
    ((name, values),) = arguments.by_field([unit]).items()
    try:
        arguments.model_validate({name: values})
    except ValidationError as error:
        for one in error.errors(include_url=False):
            if one["loc"][:1] == (name,):
                return one["msg"].removeprefix("Value error, ")
    return None


def _too_many(count: int, units_max: int) -> SubmissionError:
    message = f"{count:,} units are too many for one job: at most {units_max:,}"
    return SubmissionError([Problem("units", message)])
