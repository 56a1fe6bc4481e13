"""A kill of each source, by plain HTTP where it allows that. ``make chaos`` has ten, of all.

Those of Lichess are in tests/lichess/test_serial.py, at moments that matter for its turns.
"""

from pathlib import Path

import pytest

from tests.chaos.kills import PLANS, kills
from tests.conftest import Server

SEEDS = range(1)
NAMES = [name for name in PLANS if "browser" not in name and name != "lichess"]


@pytest.mark.parametrize("name", NAMES)
def test_a_crawl_that_is_killed_ends_the_second_time_with_the_same_tables(
    postgres_server: Server, tmp_path: Path, name: str
) -> None:
    assert len(list(kills(PLANS[name], postgres_server, tmp_path, SEEDS))) == len(SEEDS)
