"""``scrapy psql``: a prompt on the database, or one statement with ``-c``."""

import argparse
import os
import shutil
import subprocess
import sys
from contextlib import suppress

from scrapy.commands import ScrapyCommand

from crawlers.commands.common import on_database
from crawlers.errors import StorageError
from crawlers.storage.database import Database
from crawlers.storage.system import programs

VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
    "password": "PGPASSWORD", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
}  # fmt: skip
"""Parts of the address go by environment: arguments can be read by everybody on the machine."""


class Command(ScrapyCommand):
    """Open psql on the database of this project."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Open a prompt on the database (psql)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``-c``."""
        super().add_options(parser)
        parser.add_argument("-c", "--command", metavar="SQL", help="run one statement and leave")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Run psql; its exit code is ours."""
        self.exitcode = on_database(lambda database: open_psql(database, opts.command))


async def open_psql(database: Database, command: str | None) -> int:
    """Run psql on *database* until the person leaves it; return its exit code."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - start-up

    await database.revision()
    program = client()
    parts = conninfo_to_dict(await database.url())
    unknown = parts.keys() - VARIABLES.keys()
    if unknown:
        print(
            f"scrapy psql: ignored in DATABASE_URL: {', '.join(sorted(unknown))}", file=sys.stderr
        )
    variables = {VARIABLES[name]: str(value) for name, value in parts.items() if name in VARIABLES}
    arguments = [program, "-X", "-v", "ON_ERROR_STOP=1", "-P", "pager=off"]
    arguments += ["-c", command] if command else []
    return subprocess.run(arguments, env=os.environ | variables, check=False).returncode  # noqa: ASYNC221, S603 - the prompt is the whole program


def client() -> str:
    """Return the path of psql: the wheel's, or the machine's."""
    with suppress(StorageError):
        return str(programs() / "psql")
    if found := shutil.which("psql"):
        return found
    raise StorageError("psql is not installed: it comes with PostgreSQL's client programs")
