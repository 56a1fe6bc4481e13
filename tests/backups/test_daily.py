"""The backup of each day: one of all dispatchers makes it."""

import asyncio
import signal
import time

from crawlers.storage.backups import daily
from crawlers.storage.database import Database
from tests.api.serving import PATIENCE_S, within_one
from tests.backups.conftest import Kept

DAY_S = 24 * 3600
BEFORE = "update marks set updated_at = now() - interval '2 hours' where key = 'backup/daily'"


async def test_a_day_is_claimed_once_and_again_where_nothing_came_of_it(kept: Kept) -> None:
    within_one(DAY_S)
    one, two = Database(kept.config), Database(kept.config)
    claims = await asyncio.gather(*(daily.claim(base, "00:00") for base in (one, two) * 4))
    [day] = filter(None, claims)
    assert await daily.claim(one, "00:00") is None
    kept.execute(BEFORE)
    assert await daily.claim(two, "00:00") == day
    await daily.done(two, day)
    kept.execute(BEFORE)
    assert await daily.claim(one, "00:00") is None
    kept.execute("""update marks set value = value || '{"day": "2026-01-01"}'""")
    assert await daily.claim(one, "00:00") == day
    await one.close()
    await two.close()


def test_a_dispatcher_makes_it(kept: Kept) -> None:
    within_one(DAY_S)
    kept.user.environment["BACKUP_DAILY_AT"] = "00:00"
    with kept.user.start("work", settings={"DISPATCH_POLL_S": 0.1}) as process:
        try:
            while not kept.execute("select 1 from marks where value @> '{\"is_done\": true}'"):
                assert process.poll() is None
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            said, wrong = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    assert (process.returncode, wrong) == (0, "")
    [line] = [one for one in said.splitlines() if one.startswith("backup: ")]
    assert " is made: " in line
    assert [path.suffix for path in kept.files()] == [".zst", ".json"]


def test_a_wrong_time_is_one_line(kept: Kept) -> None:
    kept.user.environment["BACKUP_DAILY_AT"] = "25:00"
    done = kept.user.run("work")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scrapy work: BACKUP_DAILY_AT is wrong: expected hours and minu")
