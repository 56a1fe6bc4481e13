"""``scrapy forget profile``: erase a person, and show that nothing is left."""

import argparse

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import fail, on_database
from crawlers.config import config
from crawlers.storage.database import Database
from crawlers.verdict import Exit


class Command(ScrapyCommand):
    """Exit codes: 0 nothing is left, 1 something is, or nobody has that name, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "profile <id>|@<username>"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Erase a person everywhere, and prove it"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "Erases the profile, whom it follows and who follows it, and every mention of id or "
            "username in what is kept of its source: quarantine, raw pages, marks, crawls, jobs, "
            "runs. Then every text of every table is searched, but for columns that hold words of "
            "ours such as a status, and where something is left is printed. Let no crawl of the "
            "source run meanwhile. Redis, files, logs and backups are yours to look after. "
            f"{self.__doc__}"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Erase, search, and say what came of it."""
        if len(args) != 2 or args[0] != "profile" or not args[1].strip("@"):  # noqa: PLR2004 - the syntax
            self.exitcode = fail(
                "forget", "say whom: scrapy forget profile <id>|@<username>", Exit.WRONG_USE
            )
            return

        self.exitcode = on_database(lambda database: forget(database, args[1]))


async def forget(database: Database, name: str) -> Exit:
    """Erase the person that *name* says, and print it all. Return the exit code."""
    from crawlers.storage import forget as of  # noqa: PLC0415 - start-up
    from crawlers.storage.raw import raw_store_for  # noqa: PLC0415 - start-up

    found = await of.people(database, name)
    unknown = f"no profile is known as {name!r}: give an id, or @ and a username"
    if not found and not name.startswith("@"):
        return fail("forget", unknown, Exit.FAILED)
    if len(found) > 1:
        ids = ", ".join(person.id for person in found)
        return fail(
            "forget",
            f"{name!r} is the name of several profiles: give one of the ids {ids}",
            Exit.FAILED,
        )
    person = found[0] if found else of.without_profile(name[1:])
    store = raw_store_for(config())
    erased = await of.erase(database, store, person)
    if not erased:
        return fail("forget", unknown, Exit.FAILED)
    for word, rows in {"removed from": erased.removed, "changed in": erased.changed}.items():
        for place, count in sorted((+rows).items()):
            print(f"{count:,} {word} {place}")
    left = await of.what_is_left(database, store, person)
    who = f"profile {person.id}" if person.id else name
    looked = f"{left.columns:,} columns and {left.objects:,} raw pages were searched"
    if not left.places:
        print(f"Nothing is left of {who}: {looked}.")
        return Exit.COMPLETED
    places = ", ".join(f"{place} ({count:,})" for place, count in sorted(left.places.items()))
    print(f"Something is left of {who}: {places}. {looked.capitalize()}.")
    return Exit.FAILED
