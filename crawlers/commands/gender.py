"""``scrapy gender``: how good the estimate of gender is, for names whose gender is known."""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import fail
from crawlers.errors import CrawlersError
from crawlers.verdict import Exit

if TYPE_CHECKING:
    from crawlers.gender.measure import Label

SPELLINGS: dict[str, "Label"] = {"m": "male", "male": "male", "f": "female", "female": "female"}
COLUMNS = ("name", "label")


class Command(ScrapyCommand):
    """Exit codes: 0 done, 1 the data of names cannot be used, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "<file.csv>"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Show coverage and error of gender by first name"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "The file has the columns name and label; labels are m, f, male and female, and rows "
            "with another label are left out. Coverage: names with an estimate. Error: wrong ones "
            "of these. Total error: names without a right one. Gender bias: by how much of the "
            f"estimates there are too many women. {self.__doc__}"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Print the table, or in one line what is wrong."""
        try:
            if len(args) != 1:
                raise ValueError("name one file: scrapy gender <file.csv>")  # noqa: TRY301 - as any
            names, left_out = labelled(Path(args[0]))
            show(names)
        except OSError as error:
            self.exitcode = fail("gender", f"{error.filename}: {error.strerror}", Exit.WRONG_USE)
        except (ValueError, csv.Error) as error:
            self.exitcode = fail("gender", error, Exit.WRONG_USE)
        except CrawlersError as error:
            self.exitcode = fail("gender", error, Exit.FAILED)
        else:
            if left_out:
                print(f"Left out: {left_out:,} rows with another label.")


def labelled(path: Path) -> tuple[list[tuple[str, "Label"]], int]:
    """Return names with their labels, and how many rows of the CSV at *path* have another.

    Raises OSError, csv.Error; ValueError for a file with other columns, or without labels.
    """
    rows = list(read(path))
    names = [(name, SPELLINGS[label]) for name, label in rows if label in SPELLINGS]
    if not names:
        raise ValueError(f"{path}: no row has the label m, f, male or female")
    return names, len(rows) - len(names)


def read(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and label, in lower case, of each row of the CSV at *path*.

    Raises OSError; ValueError for a file without these columns or that is not UTF-8; csv.Error.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = csv.DictReader(file)
            if missing := set(COLUMNS) - set(rows.fieldnames or ()):
                raise ValueError(f"{path}: no column {' and no column '.join(sorted(missing))}")
            for row in rows:
                yield row["name"] or "", (row["label"] or "").strip().lower()
        except UnicodeDecodeError:
            raise ValueError(f"{path}: not UTF-8") from None


def show(names: list[tuple[str, "Label"]]) -> None:
    """Print how good the estimates for *names* are. Raises NamesError."""
    from rich.console import Console  # noqa: PLC0415 - start-up
    from rich.table import Table  # noqa: PLC0415 - start-up

    from crawlers.gender import METHOD, measure  # noqa: PLC0415 - start-up

    found = measure.answers(names)
    table = Table("label", "names", "coverage", "wrong", "error", "total error", title=METHOD)
    for column in table.columns[1:]:
        column.justify = "right"
    groups = {"all": measure.LABELS} | {label: (label,) for label in measure.LABELS}
    for title, labels in groups.items():
        of = measure.score(found, *labels)
        coverage, error, total = map(percent, (of.coverage, of.error, of.total_error))
        table.add_row(title, f"{of.names:,}", coverage, f"{of.wrong:,}", error, total)
    Console().print(table)
    print(f"Gender bias: {percent(measure.gender_bias(found), sign='+')}")


def percent(share: float | None, sign: str = "") -> str:
    """Return *share* for people; of nothing there is none."""
    return "-" if share is None else f"{share * 100:{sign}.2f} %"
