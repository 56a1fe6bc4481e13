"""Bring a database to the schema of this version of the project."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from crawlers.errors import MigrationError

FOLDER = files("crawlers.storage") / "migrations"
LOCK = 0x6372_6177_6C65_7273
"""The advisory lock that lets one process migrate at a time."""


def head() -> str:
    """Return the newest revision: the number that its file's name begins with."""
    names = (one.name for one in (FOLDER / "versions").iterdir())
    return max(name.partition("_")[0] for name in names if re.fullmatch(r"\d+_.*\.py", name))


def upgrade(url: str) -> None:
    """Migrate the database at *url* unless it is up to date. Blocks.

    Raises MigrationError when a migration fails, or when the database is newer than we are;
    psycopg's OperationalError when nobody answers at *url*.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
        if _revision(connection) == head():
            return
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        found = _revision(connection)
        if found is not None and found > head():
            raise MigrationError(
                f"the database has schema {found}, this program knows up to {head()}: update it"
            )
        if found != head():
            migrate_to(url, "head")


def _revision(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("select to_regclass('alembic_version') is not null").fetchone()
    if row is None or not row[0]:
        return None
    row = connection.execute("select version_num from alembic_version").fetchone()
    return row[0] if row else None


def migrate_to(url: str, revision: str) -> None:
    """Migrate the database at *url* to *revision*. One at a time may. Raises MigrationError."""
    logging.getLogger("alembic").setLevel(
        logging.WARNING
    )  # its steps and imports are no news of a crawl
    from alembic import command  # noqa: PLC0415 - start-up
    from alembic.config import Config  # noqa: PLC0415 - start-up
    from sqlalchemy import create_engine  # noqa: PLC0415 - start-up
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - start-up
    from sqlalchemy.pool import NullPool  # noqa: PLC0415 - start-up

    alembic = Config()
    # psycopg opens the connection itself: libpq addresses say more than SQLAlchemy's can.
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool
    )
    try:
        with _on_disk(FOLDER) as folder, engine.connect() as connection:
            alembic.set_main_option("script_location", str(folder).replace("%", "%%"))
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, revision)
            connection.commit()
    except SQLAlchemyError as error:
        raise MigrationError(f"the database could not be migrated: {error}") from error


@contextmanager
def _on_disk(folder: Traversable) -> Iterator[Path]:
    """Give *folder* as files: Alembic cannot read what is inside of an egg."""
    if isinstance(folder, Path):
        yield folder
        return
    with TemporaryDirectory(prefix="migrations-") as place:
        _copy(folder, Path(place))
        yield Path(place)


def _copy(folder: Traversable, place: Path) -> None:
    for one in folder.iterdir():
        target = place / one.name
        if one.is_dir():
            target.mkdir()
            _copy(one, target)
        else:
            target.write_bytes(one.read_bytes())
