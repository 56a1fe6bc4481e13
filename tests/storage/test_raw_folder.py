"""The raw store in a folder: who may read it, what the disk refuses, and how a program ends."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers.config import Config
from crawlers.errors import RawStoreError
from crawlers.storage.object_stores import folder_of
from crawlers.storage.raw import RawStore, raw_store_for
from tests.storage.stores import objects


def test_the_folder_is_private_and_below_the_home_by_default(tmp_path: Path) -> None:
    store = raw_store_for(Config(crawlers_home=tmp_path / "a home"))
    assert folder_of(store.url) == tmp_path / "a home" / "raw"
    assert (tmp_path / "a home" / "raw").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_place_of_the_folder_is_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RawStoreError, match=r"raw store file:.*: (File exists|Not a directory)"):
        RawStore((tmp_path / name).as_uri())


async def test_a_folder_that_was_replaced_by_a_file_is_one_line(tmp_path: Path) -> None:
    store = RawStore((tmp_path / "raw").as_uri())
    (tmp_path / "raw").rmdir()
    (tmp_path / "raw").write_text("")
    with pytest.raises(RawStoreError, match=r"File exists$"):
        await store.probe()
    with pytest.raises(RawStoreError, match=r"Not a directory$"):
        await store.put(b"body")


async def test_what_the_disk_refuses_is_one_line_and_leaves_no_object(tmp_path: Path) -> None:
    store = RawStore(tmp_path.as_uri())
    body = os.urandom(100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(RawStoreError, match=r"File too large$"):
            await store.put(body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert await objects(store) == []
    assert await store.get(await store.put(body)) == body


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "a" * 63])
async def test_only_a_hash_is_looked_up(digest: str, tmp_path: Path) -> None:
    with pytest.raises(RawStoreError, match="not a SHA-256"):
        await RawStore(tmp_path.as_uri()).get(digest)


ENDS_AT_ONCE = """
import asyncio, sys
from crawlers.storage.raw import RawStore
print(asyncio.run(RawStore(sys.argv[1]).probe()))
"""


def test_a_program_that_ends_right_after_its_last_write_ends_well(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", ENDS_AT_ONCE, tmp_path.as_uri()]
    for _ in range(10):  # one in four was aborted
        ended = subprocess.run(command, capture_output=True, check=False, timeout=60)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"True\n", b"")
