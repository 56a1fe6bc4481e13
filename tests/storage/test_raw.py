"""One suite for the raw store over a folder, moto and rclone; then what only one of them shows."""

import asyncio
import gzip
import hashlib
import logging
import os
import re
import resource
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import boto3
import pytest

from crawlers.config import Config
from crawlers.errors import MissingObjectError, RawStoreError
from crawlers.storage import object_stores
from crawlers.storage.object_stores import folder_of
from crawlers.storage.raw import RawStore, key_of, raw_store_for
from tests.storage import stores
from tests.storage.stores import ACCESS_KEY, SECRET_KEY, Server

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


@pytest.fixture(scope="module")
def moto() -> Iterator[Server]:
    with stores.moto() as server:
        yield server


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with stores.rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Server], None]:
    """Point the AWS variables at a server."""

    def point(server: Server) -> None:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)

    return point


def bucket_on(server: Server) -> str:
    """Make a bucket with a name of its own."""
    name = f"bucket-{uuid.uuid4().hex}"
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    with closing(client):
        client.create_bucket(Bucket=name)
    return name


@pytest.fixture(params=["folder", "moto", "rclone"])
def place(request: pytest.FixtureRequest, use: Callable[[Server], None], tmp_path: Path) -> Place:
    """Give an empty store of each kind."""
    if request.param == "folder":
        return Place((tmp_path / "raw").as_uri(), None, honours_conditions=True)
    server: Server = request.getfixturevalue(request.param)
    use(server)
    url = f"s3://{bucket_on(server)}/prefix"
    return Place(url, server.endpoint, honours_conditions=request.param == "moto")


async def objects(store: RawStore) -> list[str]:
    """Return the names of all bodies in *store*."""
    found = await store._store.list("raw/v1/sha256").collect_async()
    return [meta["path"] for meta in found]


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


@pytest.mark.parametrize("kind", ["moto", "rclone"])
async def test_a_missing_bucket_is_named_by_probe_and_put(
    kind: str, request: pytest.FixtureRequest, use: Callable[[Server], None]
) -> None:
    server: Server = request.getfixturevalue(kind)
    use(server)
    store = RawStore("s3://no-such-bucket/prefix", server.endpoint)
    expected = "raw store s3://no-such-bucket/prefix: the bucket does not exist$"
    with pytest.raises(RawStoreError, match=expected):
        await store.probe()
    with pytest.raises(RawStoreError, match=expected):
        await store.put(b"body")
    with pytest.raises(RawStoreError, match=expected) as caught:
        await store.get("0" * 64)
    assert not isinstance(caught.value, MissingObjectError)
    with pytest.raises(RawStoreError, match=expected):
        await store.remove("0" * 64)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID is not known there"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY is wrong"),
    ],
)
async def test_wrong_credentials_are_named_and_not_shown(
    name: str,
    reason: str,
    rclone: Server,
    use: Callable[[Server], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(rclone)
    monkeypatch.setenv(name, "SOMETHINGWRONG")
    store = RawStore(f"s3://{bucket_on(rclone)}", rclone.endpoint)
    with pytest.raises(RawStoreError, match=f"{reason}$") as caught:
        await store.probe()
    assert not re.search(f"SOMETHINGWRONG|{SECRET_KEY}", str(caught.value))


def test_half_of_the_credentials_is_an_error_before_anything_is_sent(
    rclone: Server, use: Callable[[Server], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(rclone)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(RawStoreError, match="no credentials: set AWS_ACCESS_KEY_ID"):
        RawStore("s3://bucket", rclone.endpoint)


async def test_a_server_that_is_not_there_is_one_line(
    tmp_path: Path, use: Callable[[Server], None]
) -> None:
    with stores.rclone(tmp_path) as server:
        use(server)
    with pytest.raises(RawStoreError, match=r"s3://bucket: Connection refused$"):
        await RawStore("s3://bucket", server.endpoint).probe()


async def test_plain_http_must_be_asked_for(rclone: Server, use: Callable[[Server], None]) -> None:
    use(rclone)
    with pytest.raises(RawStoreError, match="plain http is allowed only for AWS_ENDPOINT_URL"):
        await RawStore("s3://bucket").probe()


async def test_an_object_outlives_a_server_that_is_killed_after_its_answer(
    tmp_path: Path, use: Callable[[Server], None]
) -> None:
    with stores.rclone(tmp_path) as server:
        use(server)
        bucket = bucket_on(server)
        digest = await RawStore(f"s3://{bucket}", server.endpoint).put(b"kept")
        server.process.kill()
    with stores.rclone(tmp_path) as server:
        assert await RawStore(f"s3://{bucket}", server.endpoint).get(digest) == b"kept"


async def test_a_server_that_comes_back_in_time_is_waited_for(
    tmp_path: Path, use: Callable[[Server], None]
) -> None:
    with stores.rclone(tmp_path) as server:
        use(server)
        bucket = bucket_on(server)
    store = RawStore(f"s3://{bucket}", server.endpoint)
    put = asyncio.create_task(store.put(b"patience"))
    address = server.endpoint.removeprefix("http://")
    with ExitStack() as stack:
        await asyncio.to_thread(stack.enter_context, stores.rclone(tmp_path, address))
        assert await store.get(await put) == b"patience"


@pytest.fixture
def _any_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.mark.usefixtures("_any_key")
async def test_a_conflict_with_another_writer_is_tried_again() -> None:
    answers = [(409, "ConditionalRequestConflict")] * 2 + [(200, "")]
    async with stores.scripted(lambda _: answers.pop(0)) as (endpoint, script):
        await RawStore("s3://bucket", endpoint).put(b"body")
        assert script.asked == ["PUT"] * 3


@pytest.mark.usefixtures("_any_key")
async def test_a_conflict_that_lasts_is_an_error_and_no_success() -> None:
    async with stores.scripted(lambda _: (409, "ConditionalRequestConflict")) as (endpoint, _):
        with pytest.raises(RawStoreError, match="other writers did not let go of raw/v1/"):
            await RawStore("s3://bucket", endpoint).put(b"body")


@pytest.mark.usefixtures("_any_key")
async def test_a_store_that_knows_no_conditions_is_asked_first() -> None:
    answers = {"HEAD": (404, "NoSuchKey"), "PUT": (501, "NotImplemented")}
    async with stores.scripted(lambda method: answers[method]) as (endpoint, script):
        store = RawStore("s3://bucket", endpoint)
        probing = asyncio.create_task(store.probe())
        await script.when("HEAD")  # the fallback begins
        answers["PUT"] = (200, "")
        assert await probing is False
        await store.put(b"body")
        assert script.asked[-2:] == ["HEAD", "PUT"]
        answers["HEAD"] = (200, "")
        await store.put(b"it is there already")
        assert script.asked[-1] == "HEAD"


@pytest.mark.usefixtures("_any_key")
@pytest.mark.parametrize(
    ("status", "code"), [(501, "NotImplemented"), (501, ""), (400, "NotSupported")]
)
async def test_a_crawl_goes_on_where_conditions_are_not_known(
    status: int, code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(object_stores, "PATIENCE", timedelta(0))  # 501 is asked again as any 5xx
    answers = {"HEAD": (404, "NoSuchKey"), "PUT": (status, code)}
    async with stores.scripted(lambda method: answers[method]) as (endpoint, script):
        store = RawStore("s3://bucket", endpoint)
        putting = asyncio.create_task(store.put(b"body"))
        await script.when("HEAD")
        answers["PUT"] = (200, "")
        await putting
        before = len(script.asked)
        await store.put(b"another")
        assert script.asked[before:] == ["HEAD", "PUT"]
    assert caplog.text.count("ignores conditional writes") == 1


@pytest.mark.usefixtures("_any_key")
async def test_an_answer_without_a_code_is_told_by_its_status() -> None:
    async with stores.scripted(lambda _: (403, "")) as (endpoint, _):
        with pytest.raises(RawStoreError, match="the server says 403 Forbidden"):
            await RawStore("s3://bucket", endpoint).probe()


@pytest.mark.usefixtures("_any_key")
async def test_no_more_than_thirty_two_writes_are_under_way() -> None:
    async with stores.scripted(lambda _: (200, ""), together=32) as (endpoint, script):
        store = RawStore("s3://bucket", endpoint)
        await asyncio.gather(*(store.put(str(number).encode()) for number in range(96)))
        assert script.most == 32
        assert len(script.asked) == 96


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


@pytest.mark.usefixtures("_any_key")
def test_a_user_in_the_address_is_not_repeated() -> None:
    assert RawStore("s3://key:secret@bucket/prefix").url == "s3://bucket/prefix"


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
