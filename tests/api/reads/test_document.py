"""What the OpenAPI document says of reads is what the server does."""

import asyncio
from pathlib import Path

import pytest

from tests.api.reads.reading import Reads
from tests.api.reads.test_chess import put_games
from tests.api.reads.test_duels import put_replays
from tests.api.reads.test_products import put_products
from tests.api.reads.test_profiles import put_followers
from tests.api.serving import Api
from tests.api.test_openapi import READS, explored

KNOWN = {
    "path.game": ["game0001"],
    "path.player": ["ada"],
    "path.replay": ["1"],
    "path.platform": ["shopee", "instagram"],
    "path.product": ["1"],
    "path.shop": ["7"],
    "path.account": ["nasa"],
    "path.profile": ["1"],
}
"""Values of parameters that lead somewhere."""

ONE_OF_EACH_KIND = (
    "^/v1/(chess/games|esports/search|products|products/.platform./.product./history"
    "|keyword-statistics|accounts/.platform./.account./followers)$"
)
"""Other lists are made by the same code."""


async def put_something(reads: Reads) -> None:
    """Store something of each domain that has statistics."""
    async with reads:
        await put_games(reads)
        await put_replays(reads)
        await put_products(reads)
        await put_followers(reads, 5)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("phases", "paths"),
    [
        pytest.param("fuzzing", READS, id="all", marks=pytest.mark.slow),
        pytest.param("coverage", ONE_OF_EACH_KIND, id="some"),
    ],
)
def test_no_read_brings_an_error_or_an_answer_that_is_not_documented(
    phases: str, paths: str, server: Api, tmp_path: Path
) -> None:
    asyncio.run(put_something(Reads(server.config)))
    done = explored(server, tmp_path, KNOWN, "--include-path-regex", paths, phases=phases)
    assert done.returncode == 0, done.stdout + done.stderr
