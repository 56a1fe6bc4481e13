"""The download handler: what it sends, and what it takes."""

import gzip
import zlib
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import brotli
import pytest
from scrapy import Request
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
)
from scrapy.http import Response
from zstandard import ZstdCompressor

from tests.download.conftest import NewHandler
from tests.download.counting_server import CountingServer
from tests.download.tls import self_signed

pytestmark = pytest.mark.usefixtures("test_mode")

Get = Callable[..., Awaitable[Response]]


@pytest.fixture
async def get(site: CountingServer, new_handler: NewHandler) -> Get:
    handler = new_handler()

    async def got(path: str = "/", **arguments: Any) -> Response:
        return await handler.download_request(Request(site.origin + path, **arguments))

    return got


async def test_a_response_is_as_the_site_sent_it(site: CountingServer, get: Get) -> None:
    site.canned["/x"] = (
        b"HTTP/1.1 404 Nothing\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Name: \xe9\r\n"
        b"Content-Length: 4\r\n\r\nbody"
    )
    response = await get("/x")
    assert (response.status, response.body) == (404, b"body")
    assert response.protocol == "HTTP/1.1"
    assert response.ip_address == ip_address("127.0.0.1")
    assert response.headers.getlist("Set-Cookie") == [b"a=1", b"b=2"]
    assert response.headers["X-Name"] == b"\xe9"


async def test_a_compressed_body_is_decoded_and_a_broken_one_is_lost_data(
    site: CountingServer, get: Get
) -> None:
    for path, body in (("/x", gzip.compress(b"body")), ("/y", b"no gzip")):
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        site.canned[path] = head % len(body) + body
    assert (await get("/x")).body == b"body"
    with pytest.raises(ResponseDataLossError):
        await get("/y")


async def test_requests_carry_what_they_say_and_nothing_else(
    site: CountingServer, get: Get
) -> None:
    site.canned["/x"] = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"
    await get("/x", headers={"X-Two": ["1", "2"]})
    await get("/x")
    first, second = (visit.head.lower() for visit in site.visits)
    assert first.count(b"x-two:") == 2
    for name in (b"cookie", b"user-agent", b"accept", b"accept-encoding"):
        assert b"\r\n" + name + b":" not in second


@pytest.mark.parametrize(
    "path",
    [
        "/api?perfType=blitz%2Cbullet&max=20",
        "/a%2Cb/c%7Ed?u=http%3A%2F%2Fx%2F&v=%7E",
        "/a/../b/./c",
        "/a+b%20c?x=a+b%2Bc;d",
        "/caf%C3%A9?%zz",
        "//twice",
    ],
)
async def test_an_address_is_sent_as_scrapy_has_it(
    path: str, site: CountingServer, get: Get
) -> None:
    assert Request(site.origin + path).url == site.origin + path
    await get(path)
    assert site.visits[0].target == path


async def test_a_fragment_is_not_sent_and_a_missing_path_is_a_slash(
    site: CountingServer, get: Get
) -> None:
    await get("/a?b#c")
    await get("?b")
    await get("")
    assert [visit.target for visit in site.visits] == ["/a?b", "/?b", "/"]


@pytest.mark.parametrize(
    "answer",
    [
        b"Content-Length: 20\r\n\r\n0123456789",
        b"Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n",
        b"Transfer-Encoding: chunked\r\n\r\na\r\n01234",
    ],
)
async def test_a_body_that_ends_early_is_data_loss(
    answer: bytes, site: CountingServer, get: Get
) -> None:
    site.canned["/x"] = b"HTTP/1.1 200 OK\r\n" + answer
    with pytest.raises(ResponseDataLossError):
        await get("/x")


async def test_a_whole_chunked_body_is_read(site: CountingServer, get: Get) -> None:
    site.canned["/x"] = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
    )
    assert (await get("/x")).body == b"abcd"


async def test_long_header_lines_are_read_and_endless_ones_are_not(
    site: CountingServer, get: Get
) -> None:
    for size in (20_000, 200_000):
        site.canned[f"/{size}"] = b"HTTP/1.1 200 OK\r\nX: %s\r\nContent-Length: 0\r\n\r\n" % (
            b"x" * size
        )
    assert len((await get("/20000")).headers["X"] or b"") == 20_000
    with pytest.raises(DownloadFailedError):
        await get("/200000")


async def test_a_slow_answer_is_given_up(get: Get) -> None:
    with pytest.raises(DownloadTimeoutError):
        await get("/?wait=30", meta={"download_timeout": 0.2})
    with pytest.raises(DownloadTimeoutError):
        await get("/?pieces=99&pause=0.1", meta={"download_timeout": 0.3})


@pytest.mark.parametrize("meta", [{"download_maxsize": 25}])
async def test_a_body_that_is_too_long_is_given_up(
    meta: dict[str, int], site: CountingServer, get: Get
) -> None:
    site.canned["/x"] = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"a\r\n0123456789\r\n" * 3
    )
    for path in ("/x", "/?pieces=3"):
        with pytest.raises(DownloadCancelledError):
            await get(path, meta=meta)


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_small_body_that_unpacks_to_a_large_one_is_given_up(
    encoding: str, site: CountingServer, get: Get
) -> None:
    body = PACKED[encoding](bytes(10_000_000))
    assert len(body) < 50_000
    head = "HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\nContent-Length: {}\r\n\r\n"
    site.canned["/x"] = head.format(encoding, len(body)).encode() + body
    with pytest.raises(IgnoreRequest, match="during decompression"):
        await get("/x", meta={"download_maxsize": 100_000})
    assert len((await get("/x")).body) == 10_000_000


async def test_nobody_listening_is_a_refused_connection(new_handler: NewHandler) -> None:
    handler = new_handler(origin="http://127.0.0.1:1")
    with pytest.raises(DownloadConnectionRefusedError):
        await handler.download_request(Request("http://127.0.0.1:1/"))


async def test_a_proxy_in_the_meta_is_refused(
    site: CountingServer, new_handler: NewHandler
) -> None:
    request = Request(site.origin, meta={"proxy": site.origin})
    with pytest.raises(NotSupported, match="PROXY_URLS"):
        await new_handler().download_request(request)
    assert site.visits == []


async def test_proxies_of_the_environment_are_ignored(
    site: CountingServer, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with CountingServer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        await get()
        assert proxy.visits == []
    assert len(site.visits) == 1


async def test_the_handler_is_quiet_and_closes_twice(
    site: CountingServer, new_handler: NewHandler, caplog: pytest.LogCaptureFixture
) -> None:
    handler = new_handler()
    await handler.download_request(Request(site.origin))
    await handler.close()
    assert caplog.text == ""


async def test_an_invalid_certificate_is_refused(tmp_path: Path, new_handler: NewHandler) -> None:
    async with CountingServer(certificate=self_signed(tmp_path)) as site:
        handler = new_handler(site.origin, DOWNLOAD_VERIFY_CERTIFICATES=True)
        with pytest.raises(DownloadConnectionRefusedError):
            await handler.download_request(Request(site.origin))
        assert site.visits == []
