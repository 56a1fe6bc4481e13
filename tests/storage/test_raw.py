"""One suite for the raw store over a folder, moto and rclone."""

import asyncio
import gzip
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from crawlers.errors import MissingObjectError, RawStoreError
from crawlers.storage.raw import RawStore, key_of
from tests.storage.stores import Server, bucket_on, objects

BODIES = {
    "empty": b"",
    "one byte": b"x",
    "32 MiB": os.urandom(1024) * 32 * 1024,
    "already compressed": gzip.compress(b"page" * 1000),
    "not UTF-8": bytes(range(256)),
}


class Place(NamedTuple):
    """An empty store, and how to look into it."""

    url: str
    endpoint: str | None
    honours_conditions: bool

    def open(self) -> RawStore:
        """Return the store as another process would open it."""
        return RawStore(self.url, self.endpoint)


@pytest.fixture(params=["folder", "moto", "rclone"])
def place(request: pytest.FixtureRequest, use: Callable[[Server], None], tmp_path: Path) -> Place:
    """Give an empty store of each kind."""
    if request.param == "folder":
        return Place((tmp_path / "raw").as_uri(), None, honours_conditions=True)
    server: Server = request.getfixturevalue(request.param)
    use(server)
    url = f"s3://{bucket_on(server)}/prefix"
    return Place(url, server.endpoint, honours_conditions=request.param == "moto")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_body_comes_back_as_it_was(place: Place, body: bytes) -> None:
    digest = await place.open().put(body)
    assert digest == hashlib.sha256(body).hexdigest()
    assert await place.open().get(digest) == body


async def test_sixteen_writers_of_one_body_leave_one_object(place: Place) -> None:
    body = os.urandom(50_000)
    digests = await asyncio.gather(*(place.open().put(body) for _ in range(16)))
    assert len(set(digests)) == 1
    store = place.open()
    names = await objects(store)  # under a race rclone may list one name twice
    assert {name.split("prefix/")[-1] for name in names} == {key_of(digests[0])}
    assert await store.get(digests[0]) == body


async def test_the_probe_says_whether_conditions_are_honoured(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    store = place.open()
    for _ in range(2):
        assert await store.probe() is place.honours_conditions
    assert ("ignores conditional writes" in caplog.text) is not place.honours_conditions
    digest = await store.put(b"after the probe")
    assert await store.put(b"another") != digest
    other = place.open()
    await other.probe()
    assert await other.put(b"after the probe") == digest
    assert len(await objects(store)) == 2
    assert await store.get(digest) == b"after the probe"


async def test_what_was_just_put_is_not_put_again(place: Place) -> None:
    store = place.open()
    digest = await store.put(b"body")
    await store._store.delete_async(key_of(digest))
    await store.put(b"body")
    assert await objects(store) == []


async def test_a_missing_object_is_an_error_that_names_it(place: Place) -> None:
    store = place.open()
    digest = hashlib.sha256(b"never put").hexdigest()
    with pytest.raises(MissingObjectError, match=f"no object {digest}$"):
        await store.get(digest)


async def test_what_is_removed_is_gone_and_can_be_put_again(place: Place) -> None:
    store = place.open()
    digest, other = await store.put(b"body"), await store.put(b"another")
    for _ in range(2):  # one that is not there is no error
        await store.remove(digest)
    with pytest.raises(MissingObjectError):
        await store.get(digest)
    assert await store.get(other) == b"another"
    assert await store.put(b"body") == digest
    assert await store.get(digest) == b"body"


@pytest.mark.parametrize("damage", ["garbage", "truncated", "another body", "empty"])
async def test_a_damaged_object_is_never_given_out(place: Place, damage: str) -> None:
    store = place.open()
    digest = await store.put(os.urandom(10_000))
    other = await store.put(b"something else")

    async def packed(of: str) -> bytes:
        return bytes(await (await store._store.get_async(key_of(of))).bytes_async())

    harm = {
        "garbage": b"garbage",
        "truncated": (await packed(digest))[:5000],
        "another body": await packed(other),
        "empty": b"",
    }
    await store._store.put_async(key_of(digest), harm[damage])
    with pytest.raises(RawStoreError, match=f"object {digest} is damaged"):
        await store.get(digest)
