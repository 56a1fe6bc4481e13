"""PostgreSQL's own programs: of the right version, told where to go without a secret in sight."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from crawlers.config import environment_with
from crawlers.errors import BackupError, StorageError
from crawlers.storage.system import programs

INSTALLED = "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"
"""Where distributions keep those of each version."""
SECRETS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Program:
    """A program of PostgreSQL's, and its major version."""

    path: Path
    version: int


@dataclass(frozen=True, slots=True)
class Target:
    """Where a program connects to: *words* anybody may see, and its *environment*."""

    words: str
    environment: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, url: str, name: str | None = None, options: str = "") -> "Target":
        """Return the database at *url*, or the one called *name* on the same server.

        *options* are for its session, unless the address has some.
        """
        parts = conninfo_to_dict(url)
        password = parts.get("password")
        words = {key: value for key, value in parts.items() if key not in SECRETS}
        if name is not None:
            words["dbname"] = name
        more = {"PGOPTIONS": options} if options else {}
        more |= {"PGPASSWORD": str(password)} if password is not None else {}
        return cls(make_conninfo("", **words), environment_with(more))


def program(name: str, at_least: int) -> Program:
    """Return the oldest *name* on this machine whose major version is enough. Raises BackupError.

    Newer ones say things that an older server does not understand.
    """
    found = [Program(path, version) for path in _paths(name) if (version := _version(path))]
    fitting = [one for one in found if one.version >= at_least]
    if fitting:
        return min(fitting, key=lambda one: one.version)
    there = ", ".join(sorted({str(one.version) for one in found})) or "none"
    raise BackupError(
        f"the server needs {name} of version {at_least} or newer, and here is {there}: install "
        f"postgresql-client-{at_least}"
    )


def _paths(name: str) -> Iterator[Path]:
    with suppress(StorageError):  # the wheel is an extra
        yield programs() / name
    if path := shutil.which(name):
        yield Path(path)
    for pattern in INSTALLED:
        yield from (folder / name for folder in Path("/").glob(pattern.lstrip("/")))


def _version(path: Path) -> int | None:
    try:
        said = subprocess.run(  # noqa: S603 - a program of PostgreSQL's
            [path, "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else None
