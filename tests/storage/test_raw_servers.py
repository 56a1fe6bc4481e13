"""The raw store and S3 servers: what they refuse, when they are away, and how they conflict."""

import asyncio
import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from crawlers.errors import MissingObjectError, RawStoreError
from crawlers.storage import object_stores
from crawlers.storage.raw import RawStore
from tests.storage import stores
from tests.storage.stores import SECRET_KEY, Server, bucket_on


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


@pytest.mark.usefixtures("_any_key")
def test_a_user_in_the_address_is_not_repeated() -> None:
    assert RawStore("s3://key:secret@bucket/prefix").url == "s3://bucket/prefix"
