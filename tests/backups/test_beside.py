"""Databases beside the one that is backed up, and those who use it meanwhile: nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import psycopg
import pytest

from crawlers.errors import BackupError
from crawlers.storage.backups.dumping import back_up
from crawlers.storage.backups.restoring import restore
from crawlers.storage.backups.scratch import OURS
from crawlers.storage.backups.shelf import Shelf
from tests.api.serving import until
from tests.backups.conftest import Kept

PAGE = """
insert into raw_pages values ('demo', 'new', md5('new'), 'u', now(), now(), 200, null, null, 1)
on conflict do nothing
"""


@pytest.mark.parametrize(("ending", "word"), [("restore", "verify"), ("before", "restore")])
def test_a_database_of_somebody_else_is_never_dropped(kept: Kept, ending: str, word: str) -> None:
    assert kept.run("run")[0] == 0
    name = f"{kept.name[:50]}_{ending}"
    kept.execute(f'create database "{name}"')
    words = ["--overwrite"] if word == "restore" else []
    assert kept.run(word, *words) == (
        1,
        "",
        f"scrapy backup: the database {name} is in the way: rename it, or drop it\n",
    )
    kept.execute(f'drop database "{name}"')
    assert kept.run(word, *words)[0] == 0


class Slow(Shelf):
    """A shelf that is so slow that others come and go meanwhile."""

    meanwhile: Callable[[], object]

    async def dump(self, identity: str) -> AsyncIterator[bytes]:
        """Yield the stored bytes of *identity*."""
        self.meanwhile()
        async for chunk in super().dump(identity):
            yield chunk


async def test_rows_that_came_during_a_restore_are_not_lost(kept: Kept) -> None:
    made = await back_up(kept.config, kept.shelf)
    kept.execute("truncate raw_pages, jobs, job_counts, job_results, quarantine, marks cascade")
    shelf = Slow(kept.config)
    shelf.meanwhile = lambda: kept.execute(PAGE)
    with pytest.raises(BackupError, match="the database is not empty"):
        await restore(kept.config, shelf, made.id, overwrite=False)
    assert kept.execute("select count(*) from raw_pages") == [(1,)]


async def test_who_has_just_left_is_in_nobodys_way(kept: Kept) -> None:
    made = await back_up(kept.config, kept.shelf)
    leaving = psycopg.connect(kept.url)
    asyncio.get_running_loop().call_later(0.2, leaving.close)
    await restore(kept.config, kept.shelf, made.id, overwrite=True)
    assert leaving.closed


def test_what_a_killed_restore_left_goes_with_the_next(kept: Kept) -> None:
    assert kept.run("run")[0] == 0
    for ending in ("restore", "before"):
        name = f"{kept.name[:50]}_{ending}"
        kept.execute(f'create database "{name}"')
        kept.execute(f"""comment on database "{name}" is '{OURS}'""")
    assert kept.run("restore", "--overwrite")[0] == 0
    assert kept.run("verify")[0] == 0


def test_what_a_killed_verify_left_of_its_own_server_goes_with_the_next(kept: Kept) -> None:
    role = f"plain_{uuid4().hex}"
    kept.execute(f"create role {role}")
    assert kept.run("run")[0] == 0
    kept.user.environment["DATABASE_URL"] = f"{kept.url}&options=-c%20role%3D{role}"
    place = kept.user.home / "verify"
    with kept.user.start("backup", "verify") as process:
        until((place / "postgres" / "data" / "postmaster.pid").exists)
        process.kill()
    code, said, wrong = kept.run("verify")
    assert (code, wrong) == (0, "")
    assert "on a server of its own" in said
    assert not place.exists()
    kept.execute(f"drop role {role}")
