"""What a lost server, a cut connection or a lost answer does to harvests: nothing."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
from pydantic import SecretStr

from crawlers.config import Config
from crawlers.errors import StorageError
from crawlers.memory import Memory
from crawlers.storage.database import Database
from crawlers.storage.migrate import upgrade
from crawlers.storage.postgres import Writer
from crawlers.storage.tables import table_of
from tests.conftest import Server
from tests.storage.things import Look, Part, Thing, harvest

ONCE = """
create sequence calls;
create function cut() returns trigger language plpgsql as $$ begin
  if nextval('calls') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
  return null;
end $$;
"""
"""A trigger that cuts its own connection, the first time that it is called."""

BEFORE = "create trigger cut after insert on things for each row execute function cut()"
AT_COMMIT = """
create constraint trigger cut after insert on things deferrable initially deferred
for each row execute function cut()
"""


@pytest.mark.parametrize("trigger", [BEFORE, AT_COMMIT], ids=["before COMMIT", "during COMMIT"])
async def test_a_connection_cut_on_the_way_loses_nothing(
    writer: Writer, look: Look, trigger: str
) -> None:
    look.execute(ONCE)
    look.execute(trigger)
    stored = await writer.store(harvest(*(Thing(id=f"{n}") for n in range(20))))
    assert stored.new == 20
    assert look.one("select count(*) from things") == 20


class CuttingProxy:
    """Passes bytes on to PostgreSQL, and cuts the line once, around the first COMMIT."""

    def __init__(self, target: Path, folder: Path, *, after: bool) -> None:
        """Listen in *folder*. *after*: the server commits, only its answer is lost."""
        self.target = target / ".s.PGSQL.5432"
        self.socket = folder / ".s.PGSQL.5432"
        self.after = after
        self.armed = False
        self.cuts = 0

    async def __aenter__(self) -> Self:
        """Listen."""
        self.lines: set[asyncio.Task[None]] = set()
        self.server = await asyncio.start_unix_server(self._accept, self.socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening; end with the last line that a client holds."""
        self.server.close()
        await asyncio.gather(*self.lines)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self.target)
        back = asyncio.create_task(self._pass(from_server, writer))
        while data := await reader.read(65536):
            if self.armed and b"COMMIT" in data:
                self.armed = False
                self.cuts += 1
                back.cancel()
                await asyncio.wait([back])
                if self.after:
                    to_server.write(data)
                    await from_server.read(65536)
                break
            to_server.write(data)
        to_server.close()
        writer.close()
        await asyncio.wait([back])
        for end in (writer, to_server):
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)


@pytest.fixture
async def proxied(
    database_config: Config, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[CuttingProxy, Config]]:
    """Give a proxy in front of this test's database, and the way through it."""
    assert database_config.database_url is not None
    url = urlsplit(database_config.database_url.get_secret_value())
    target = Path(parse_qs(url.query)["host"][0])
    async with CuttingProxy(target, tmp_path, after=request.param) as proxy:
        through = url._replace(query=f"host={quote(str(tmp_path))}").geturl()
        yield proxy, Config(database_url=SecretStr(through))


@pytest.mark.parametrize("proxied", [False, True], ids=["lost", "done"], indirect=True)
async def test_a_commit_whose_answer_is_lost_is_done_again_without_doubling(
    proxied: tuple[CuttingProxy, Config], look: Look
) -> None:
    proxy, through = proxied
    database = Database(through, retry_s=30)
    async with Writer(database) as writer:
        await writer.store(harvest(Thing(id="first")))
        proxy.armed = True
        parts = (Part(thing="a", number=1),)
        await writer.store(harvest(Thing(id="a", parts=parts), request_key="k", sha256="a" * 64))
    await database.close()
    assert proxy.cuts == 1
    for table, rows in {"things": 2, "parts": 1, "raw_pages": 1}.items():
        assert look.one(f"select count(*) from {table}") == rows  # noqa: S608 - names of ours


async def test_sessions_that_an_administrator_ends_are_replaced(
    database: Database, writer: Writer, look: Look
) -> None:
    async def feed(lane: int) -> int:
        outcomes = [await writer.store(harvest(Thing(id=f"{lane}-{n}"))) for n in range(20)]
        return sum(one.new + one.unchanged for one in outcomes)

    lanes = [asyncio.create_task(feed(lane)) for lane in range(8)]
    terminate = """
        select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
    """
    for number in range(5):
        await Memory(database, "shop").known(Thing, [f"0-{number}"])
        await asyncio.to_thread(look.one, terminate)
    assert await asyncio.gather(*lanes) == [20] * 8
    assert look.one("select count(*) from things") == 160


async def test_a_server_killed_in_mid_batch_is_started_again_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    database = Database(Config(crawlers_home=tmp_path), retry_s=60)
    url = await database.url()
    with psycopg.connect(url) as connection:
        for item_class in (Thing, Part):
            connection.execute(table_of(item_class).create().encode())
    stored = asyncio.Semaphore(0)

    async def feed(lane: int) -> int:
        new = 0
        for number in range(20):
            things = (Thing(id=f"{lane}-{number}-{n}") for n in range(30))
            outcome = await writer.store(harvest(*things))
            new += outcome.new + outcome.unchanged
            stored.release()
        return new

    async with Writer(database) as writer:
        lanes = [asyncio.create_task(feed(lane)) for lane in range(8)]
        for _ in range(30):
            await stored.acquire()
        assert database._embedded is not None
        pid = database._embedded.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert await asyncio.gather(*lanes) == [600] * 8
    assert database._embedded.pid() not in {None, pid}
    with psycopg.connect(await database.url()) as connection:
        row = connection.execute("select count(*), count(distinct id) from things").fetchone()
    assert row == (4800, 4800)
    await database.close()


async def test_a_database_that_stays_away_fails_the_harvest_after_a_while(
    postgres_server: Server,
) -> None:
    postgres_server.execute("create database {}", "leaves")
    url = postgres_server.of("leaves")
    upgrade(url)
    with psycopg.connect(url) as connection:
        connection.execute(table_of(Thing).create().encode())
    database = Database(Config(database_url=SecretStr(url)), retry_s=0.5)
    async with Writer(database) as writer:
        assert (await writer.store(harvest(Thing(id="a")))).new == 1
        postgres_server.execute("drop database {} with (force)", "leaves")
        with pytest.raises(StorageError, match="the database is lost"):
            await writer.store(harvest(Thing(id="b")))
    await database.close()


async def test_a_database_that_never_was_there_fails_at_once(tmp_path: Path) -> None:
    nowhere = f"postgresql://nobody:hidden-word@/none?host={quote(str(tmp_path))}"
    database = Database(Config(database_url=SecretStr(nowhere)))
    with pytest.raises(StorageError, match="cannot be used") as error:
        await database.open()
    assert "hidden-word" not in str(error.value)
    await database.close()
