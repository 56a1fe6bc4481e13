"""Where backups are kept: a folder, two S3 servers; how long; and who may not restore beside."""

import asyncio
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from crawlers.config import Config
from crawlers.errors import BackupError
from crawlers.storage import buckets
from crawlers.storage.backups.dumping import back_up
from crawlers.storage.backups.restoring import restore, verify
from crawlers.storage.backups.shelf import Shelf
from tests.backups.conftest import Kept

if TYPE_CHECKING:
    from tests.storage.stores import Server


@pytest.mark.parametrize("kind", ["moto", "rclone"])
async def test_a_bucket_keeps_it_as_a_folder_does(
    kept: Kept, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = cast("Server", request.getfixturevalue(kind))
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    config = Config(
        database_url=kept.config.database_url,
        backup_store_url=f"s3://bucket-{uuid4().hex}/deep",
        crawlers_home=kept.folder,
    )
    shelf = Shelf(config)
    with pytest.raises(BackupError, match="the bucket does not exist"):
        await shelf.all()
    found = {one.name: one for one in await asyncio.to_thread(buckets.set_up, config)}
    assert found["backup bucket"].good
    assert found["backup write"].good
    if kind == "moto":
        assert found["backup lifecycle"].detail.startswith("backup/v1/ ends after 7 days")
    made = await back_up(config, shelf)
    assert [(one.id, one.is_good) for one in await shelf.all()] == [(made.id, True)]
    assert (await verify(config, shelf, None)).wrong == []
    assert await shelf.prune() == []
    await shelf.remove(made.id)
    assert await shelf.all() == []


async def test_what_is_older_than_a_week_goes_but_never_the_last_good_one(kept: Kept) -> None:
    first = await back_up(kept.config, kept.shelf)
    kept.age(days=8)
    assert await kept.shelf.prune() == []
    second = await back_up(kept.config, kept.shelf)
    assert await kept.shelf.prune() == [first.id]
    assert [one.id for one in await kept.shelf.all()] == [second.id]
    _, note = kept.files()
    note.unlink()
    part = note.with_name(f"{first.id}.dump.zst#1")
    part.write_text("half")
    assert await kept.shelf.prune() == []
    kept.age(days=2)
    assert await kept.shelf.prune() == [second.id]
    assert kept.files() == []


async def test_rows_that_come_during_a_backup_are_not_in_it(kept: Kept) -> None:
    with psycopg.connect(kept.url) as lock:
        lock.execute("lock table schedules")
        making = asyncio.create_task(back_up(kept.config, kept.shelf))
        while not kept.execute("select 1 from pg_locks where not granted"):
            assert not making.done(), making.exception()
            await asyncio.sleep(0.05)
        kept.execute("insert into marks values ('demo', 'later', '1', now())")
    made = await making
    assert made.tables["marks"].rows == 0
    assert (await verify(kept.config, kept.shelf, made.id)).wrong == []


async def test_who_may_make_no_database_verifies_on_a_server_of_its_own(kept: Kept) -> None:
    role = f"plain_{uuid4().hex}"
    kept.execute(f"create role {role}; grant select on marks to {role}")
    made = await back_up(kept.config, kept.shelf)
    plain = kept.url + f"&options=-c%20role%3D{role}"
    config = Config(database_url=SecretStr(plain), crawlers_home=kept.config.crawlers_home)
    assert role in made.roles
    found = await verify(config, kept.shelf, made.id)
    assert (found.wrong, found.where) == ([], "on a server of its own")
    with pytest.raises(BackupError, match="may not create databases: alter role"):
        await restore(config, kept.shelf, None, overwrite=True)
    kept.execute(f"drop owned by {role}; drop role {role}")


async def test_a_policy_comes_back_with_its_role(kept: Kept) -> None:
    role = f"clerk_{uuid4().hex}"
    kept.execute(f"create role {role}; create policy p on jobs to {role} using (true)")
    made = await back_up(kept.config, kept.shelf)
    kept.execute(f"drop policy p on jobs; drop role {role}")
    assert made.roles == (role,)
    await restore(kept.config, kept.shelf, made.id, overwrite=True)
    assert kept.execute("select polroles::regrole[]::text from pg_policy where polname = 'p'") == [
        (f"{{{role}}}",)
    ]
    kept.execute(f"drop policy p on jobs; drop role {role}")
