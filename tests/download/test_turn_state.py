"""What a turn leaves behind: the row, the file, the times. No step makes a wait shorter."""

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlers.clocks import boot_now
from crawlers.errors import StorageError
from crawlers.storage.turns import TurnTimes
from crawlers.storage.turns.file import TurnFile
from crawlers.storage.turns.row import Intent, TurnRow
from tests.download.conftest import Postgres

TIMES = TurnTimes()
KEY = "property"
SHIFT = """
UPDATE serial_turns SET not_before = not_before - d, intent_started_at = intent_started_at - d,
    intent_deadline = intent_deadline - d, finished_at = finished_at - d
FROM (SELECT %s * interval '1 second' AS d) AS passed WHERE limit_key = %s
"""
NOT_BEFORE = """
SELECT extract(epoch FROM not_before - clock_timestamp())::float8
FROM serial_turns WHERE limit_key = %s
"""
SLACK_S = 15.0
"""Real time that an example may take."""

STEPS = st.one_of(
    st.tuples(st.just("take"), st.integers(0, 1)),
    st.tuples(st.just("crash"), st.integers(0, 1)),
    st.tuples(st.just("done"), st.integers(0, 1)),
    st.tuples(st.just("429"), st.integers(0, 1)),
    st.tuples(st.just("pass"), st.sampled_from([1, 30, 61, 131, 1000, 4000])),
)


class History:
    """Two holders of one row, a clock that can be moved, and what must never happen."""

    def __init__(self, url: str) -> None:
        """Use the database at *url*."""
        self.url = url
        self.now = 0.0
        self.forbidden_until = 0.0
        self.not_before = 0.0
        self.rows = [self._new_row() for _ in range(2)]
        self.turns: list[Intent | None] = [None, None]
        self.holder: int | None = None

    def _new_row(self) -> TurnRow:
        async def get_url() -> str:
            return self.url

        return TurnRow(KEY, get_url, TIMES)

    async def run(self, steps: list[tuple[str, int]]) -> None:
        """Make every step, and check the row after it."""
        connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
        async with connection:
            await connection.execute("DELETE FROM serial_turns WHERE limit_key = %s", [KEY])
            for row in self.rows:
                await row.connect()
            for name, who in steps:
                if name == "pass":
                    self.now += who
                    await connection.execute(SHIFT, [who, KEY])
                else:
                    await getattr(self, f"step_{name}")(who)
                await self.check(connection)
            for row in self.rows:
                await row.close()

    async def check(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Compare not_before, on the moved clock, with what it was."""
        found = await (await connection.execute(NOT_BEFORE, [KEY])).fetchone()
        if found and found[0] is not None:
            not_before = self.now + found[0]
            assert not_before >= self.not_before - SLACK_S
            self.not_before = max(self.not_before, not_before)

    async def step_take(self, who: int) -> None:
        """Take a turn; it must fail while the other has one, and while anything is waited for."""
        if self.turns[who] is not None:
            return
        if not await self.rows[who].try_lock():
            assert self.holder == 1 - who
            return
        assert self.holder in (None, who)
        intent = await self.rows[who].begin()
        if intent is None:
            assert await self.rows[who].wait_s() > 0
            await self.rows[who].unlock()
            return
        assert self.now >= self.forbidden_until - SLACK_S
        self.turns[who], self.holder = intent, who
        self.forbidden_until = self.now + TIMES.deadline_s + TIMES.margin_s

    async def step_crash(self, who: int) -> None:
        """Lose the connection, and the turn with it, without a word."""
        await self.rows[who].close()
        await self.rows[who].connect()
        self.turns[who] = None
        self.holder = None if self.holder == who else self.holder

    async def step_done(self, who: int) -> None:
        """End a turn well."""
        await self._finish(who, TIMES.delay_s)

    async def step_429(self, who: int) -> None:
        """End a turn with a back-off."""
        intent = self.turns[who]
        if intent is not None:
            await self._finish(who, TIMES.backoff(intent.previous_s, None))

    async def _finish(self, who: int, wait_s: float) -> None:
        intent, self.turns[who] = self.turns[who], None
        if intent is None:
            return
        await self.rows[who].finish(intent.epoch, wait_s)
        await self.rows[who].unlock()
        self.holder = None
        self.forbidden_until = self.now + wait_s


@settings(max_examples=60)
@given(steps=st.lists(STEPS, max_size=25))
@example(steps=[("take", 0), ("429", 0), ("pass", 30), ("take", 1), ("pass", 61), ("take", 1)])
@example(steps=[("take", 0), ("crash", 0), ("take", 1), ("pass", 131), ("take", 1), ("429", 1)])
@example(steps=[("take", 0), ("429", 0), ("pass", 61), ("take", 0), ("429", 0), ("pass", 61)])
def test_no_order_of_events_shortens_a_wait(server: Postgres, steps: list[tuple[str, int]]) -> None:
    asyncio.run(History(server.url).run(steps))


@given(
    previous_s=st.floats(0, 10_000),
    retry_after_s=st.none() | st.floats(0, 1e9),
)
def test_a_back_off_is_a_minute_at_least_and_a_day_at_most(
    previous_s: float, retry_after_s: float | None
) -> None:
    wait_s = TIMES.backoff(previous_s, retry_after_s)
    assert 60 <= wait_s <= 86_400
    assert wait_s >= min(retry_after_s or 0, 86_400)
    assert wait_s >= min(previous_s, 3600)


async def test_a_late_sign_off_leaves_the_next_holder_alone(postgres: Postgres) -> None:
    async def get_url() -> str:
        return postgres.url

    row = TurnRow(KEY, get_url, TIMES)
    await row.connect()
    first = await row.begin()
    assert first is not None
    postgres.ask("UPDATE serial_turns SET intent_deadline = '-infinity' RETURNING 1")
    second = await row.begin()
    assert second == Intent(first.epoch + 1, 0.0)
    await row.finish(first.epoch, 60.0)
    assert postgres.ask("SELECT intent_deadline > clock_timestamp() FROM serial_turns")
    assert await row.wait_s() == pytest.approx(TIMES.deadline_s + TIMES.margin_s, abs=10)
    await row.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"heartbeat_s": 118.0},
        {"deadline_s": 150.0},
        {"backoff_s": 131.0},
        {"delay_s": 60.0},
        {"margin_s": -1.0},
        {"poll_s": 0.0},
        {"backoff_limit_s": 59.0},
    ],
)
def test_times_in_the_wrong_order_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="TurnTimes"):
        replace(TIMES, **wrong)


@pytest.mark.parametrize("delay_s", [0.0, 0.5, 3.0])
def test_the_times_of_the_test_mode_are_in_order(delay_s: float) -> None:
    assert TurnTimes.short(delay_s).delay_s == delay_s


# --- The file ----------------------------------------------------------------------------------


def test_a_file_lock_excludes_and_carries_what_the_last_holder_left(tmp_path: Path) -> None:
    first, second = (TurnFile(KEY, TIMES, tmp_path / "locks") for _ in range(2))
    assert first.lock()
    assert first.wait_s() <= 0
    assert not second.lock()
    first.begin(boot_now() + 100)
    first.unlock()
    assert second.lock()
    assert second.wait_s() == pytest.approx(100 + TIMES.margin_s, abs=10)
    second.finish(60, 60)
    assert second.wait_s() == pytest.approx(60, abs=10)
    second.finish(1, 0)
    assert second.wait_s() == pytest.approx(60, abs=10)
    second.unlock()
    second.unlock()
    assert first.lock()
    assert first.wait_s() == pytest.approx(60, abs=10)
    first.unlock()


def test_limit_keys_do_not_share_a_file(tmp_path: Path) -> None:
    files = [TurnFile(key, TIMES, tmp_path / "locks") for key in ("a", "b")]
    assert all(file.lock() for file in files)
    for file in files:
        file.unlock()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"boot": 1}', b"\xff", b"null"])
def test_a_broken_file_is_a_reason_to_wait(content: bytes, tmp_path: Path) -> None:
    file = TurnFile(KEY, TIMES, tmp_path)
    tmp_path.chmod(0o700)
    assert file.lock()
    file.unlock()
    next(tmp_path.iterdir()).write_bytes(content)
    assert file.lock()
    assert (file.wait_s() > 100) == (content != b'{"boot": 1}')
    file.unlock()


def test_an_earlier_run_of_the_machine_is_forgotten(tmp_path: Path) -> None:
    file = TurnFile(KEY, TIMES, tmp_path / "locks")
    assert file.lock()
    file.begin(boot_now() + 100)
    file.unlock()
    path = next((tmp_path / "locks").iterdir())
    path.write_text(path.read_text().replace(file._boot, "another"))
    assert file.lock()
    assert file.wait_s() <= 0
    file.unlock()


def test_a_lock_whose_file_was_removed_is_not_a_lock(tmp_path: Path) -> None:
    first, second = (TurnFile(KEY, TIMES, tmp_path / "locks") for _ in range(2))
    assert first.lock()
    next((tmp_path / "locks").iterdir()).unlink()
    assert second.lock()  # a cleaner cut the two apart; the database still has its lock
    first.unlock()
    second.unlock()


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o700)
    (tmp_path / "open").chmod(0o770)
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "private")
    (tmp_path / "file").touch()
    for name in ("open", "link", "file", "absent/below"):
        with pytest.raises(StorageError):
            TurnFile(KEY, TIMES, tmp_path / name).lock()
    if os.geteuid() == 0:
        os.chown(tmp_path / "private", 65534, -1)
        with pytest.raises(StorageError, match="belong to us"):
            TurnFile(KEY, TIMES, tmp_path / "private").lock()


def test_a_link_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    file = TurnFile(KEY, TIMES, tmp_path / "locks")
    assert file.lock()
    file.unlock()
    path = next((tmp_path / "locks").iterdir())
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        file.lock()
    with suppress(FileNotFoundError):
        pytest.fail(f"followed: {(tmp_path / 'elsewhere').stat()}")
