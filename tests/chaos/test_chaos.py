"""The short storm: 600 pages, 10 kills, every kind of fault. The long one is ``make chaos``."""

from pathlib import Path

import pytest

from tests.chaos.run import storm

SEED = 4
"""Another one for another order of faults: `python -m tests.chaos --seed`."""


@pytest.mark.timeout(420)
async def test_nothing_is_lost_and_no_limit_broken_in_a_storm(tmp_path: Path) -> None:
    lines: list[str] = []
    after = await storm(tmp_path, 600, 10, seed=SEED, patience_s=360, say=lines.append)
    assert after.findings.wrong == [], lines
    assert all(after.storm.done.values())
