"""The download handler: what it sends, what it takes, and that serial sites see one at a time."""

import asyncio
import gzip
import json
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scrapy import Request
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawlers.download import CrawlClosingError, HttpDownloadHandler
from crawlers.errors import TurnLostError
from crawlers.limits import limit_key
from crawlers.storage.turns import SerialTurns, TurnTimes
from tests.download.conftest import Postgres
from tests.download.counting_server import CountingServer
from tests.download.test_turns import OPEN, SLOW, TERMINATE, TIMES

pytestmark = pytest.mark.usefixtures("test_mode")

Get = Callable[..., Awaitable[Response]]
NewHandler = Callable[..., HttpDownloadHandler]


@pytest.fixture
async def new_handler(site: CountingServer) -> AsyncIterator[NewHandler]:
    async with AsyncExitStack() as stack:

        def made(origin: str = site.origin, **settings: Any) -> HttpDownloadHandler:
            allowed = {"ALLOWED_PRIVATE_ORIGINS": [origin]}
            handler = HttpDownloadHandler.from_crawler(
                get_crawler(settings_dict=allowed | settings)
            )
            stack.push_async_callback(handler.close)
            return handler

        yield made


@pytest.fixture
async def get(site: CountingServer, new_handler: NewHandler) -> Get:
    handler = new_handler()

    async def got(path: str = "/", **arguments: Any) -> Response:
        return await handler.download_request(Request(site.origin + path, **arguments))

    return got


def serial(postgres: Postgres, folder: Path, origin: str) -> dict[str, Any]:
    """Return settings that make *origin* serial."""

    async def get_url() -> str:
        return postgres.url

    def turns_for(*_: object) -> SerialTurns:
        return SerialTurns("test", get_url, TurnTimes(**TIMES), folder=folder / "locks")

    return {"SERIAL_LIMIT_KEYS": [limit_key(origin)], "SERIAL_TURNS": turns_for}


# --- Plain HTTP --------------------------------------------------------------------------------


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


# --- Serial sites ------------------------------------------------------------------------------


async def test_both_schemes_of_a_serial_site_take_turns(new_handler: NewHandler) -> None:
    handler = new_handler(SERIAL_LIMIT_KEYS=["https://serial.test:443"], SERIAL_TURNS=print)
    keys = {
        url: handler._serial_key(Request(url))
        for url in (
            "https://serial.test/a",
            "http://Serial.test/robots.txt",
            "https://serial.test:444/",
            "http://other.test/",
        )
    }
    assert list(keys.values()) == ["https://serial.test:443"] * 2 + [None] * 2


async def test_a_browser_is_refused_at_a_serial_site(
    postgres: Postgres, site: CountingServer, tmp_path: Path, new_handler: NewHandler
) -> None:
    handler = new_handler(**serial(postgres, tmp_path, site.origin))
    with pytest.raises(NotSupported):
        await handler.download_request(Request(site.origin, meta={"render": "page"}))
    assert site.visits == []


async def test_a_429_is_returned_and_remembered(
    postgres: Postgres, site: CountingServer, tmp_path: Path, new_handler: NewHandler
) -> None:
    handler = new_handler(**serial(postgres, tmp_path, site.origin))
    request = Request(f"{site.origin}/?status=429&retry_after=77")
    response = await handler.download_request(request)
    assert response.status == 429
    assert postgres.ask("SELECT not_before > clock_timestamp() + interval '70 s' FROM serial_turns")
    assert postgres.ask(OPEN) == 0


async def test_a_failed_connection_leaves_no_turn_open_and_a_lost_answer_does(
    postgres: Postgres, site: CountingServer, tmp_path: Path, new_handler: NewHandler
) -> None:
    site.canned["/x"] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    nobody = "http://127.0.0.1:1"
    handler = new_handler(nobody, **serial(postgres, tmp_path, nobody))
    with pytest.raises(DownloadConnectionRefusedError):
        await handler.download_request(Request(nobody))
    assert postgres.ask(OPEN) == 0
    handler = new_handler(**serial(postgres, tmp_path, site.origin))
    with pytest.raises(ResponseDataLossError):
        await handler.download_request(Request(f"{site.origin}/x"))
    assert postgres.ask(OPEN) == 1


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return a server's side of TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "site.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize("query", [SLOW, "wait=2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_site_sees_the_end_of_a_transfer_whose_turn_was_lost(
    scheme: str, query: str, postgres: Postgres, tmp_path: Path, new_handler: NewHandler
) -> None:
    certificate = self_signed(tmp_path) if scheme == "https" else None
    async with CountingServer(certificate=certificate) as site:
        settings = serial(postgres, tmp_path, site.origin)
        handler = new_handler(site.origin, **settings, DOWNLOAD_VERIFY_CERTIFICATES=False)
        transfer = asyncio.create_task(handler.download_request(Request(f"{site.origin}/?{query}")))
        await site.until(lambda: site.open == 1)
        assert await asyncio.to_thread(postgres.ask, TERMINATE) == 1
        await site.until(lambda: site.open == 0)
        assert not site.visits[0].complete
        with pytest.raises(TurnLostError):
            await transfer


async def test_an_invalid_certificate_is_refused(tmp_path: Path, new_handler: NewHandler) -> None:
    async with CountingServer(certificate=self_signed(tmp_path)) as site:
        handler = new_handler(site.origin, DOWNLOAD_VERIFY_CERTIFICATES=True)
        with pytest.raises(DownloadConnectionRefusedError):
            await handler.download_request(Request(site.origin))
        assert site.visits == []


def test_a_crawl_that_closes_is_ignored_by_scrapy_and_known_to_us() -> None:
    names = {base.__name__ for base in CrawlClosingError.__mro__}
    assert {"IgnoreRequest", "CrawlersError"} <= names


# --- Whole crawls ------------------------------------------------------------------------------


async def crawl(postgres: Postgres, site: CountingServer, folder: Path, paths: list[str]) -> Any:
    """Start a crawl of *paths*, with warnings as errors."""
    arguments = {
        "url": postgres.url,
        "origin": site.origin,
        "folder": str(folder),
        "times": TIMES,
        "paths": paths,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        str(Path(__file__).with_name("crawl_worker.py")),
        json.dumps(arguments),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "CRAWLERS_TEST": "1"},
    )


async def test_redirects_retries_robots_and_two_crawls_take_turns(
    postgres: Postgres, site: CountingServer, tmp_path: Path
) -> None:
    site.canned["/robots.txt"] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    bomb = gzip.compress(b"x" * 2_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    site.canned["/bomb"] = head + bomb
    paths = ["/a?pieces=2&pause=0.02", "/b?status=302&to=/c", "/d?status=503", "/bomb", "/e"]
    paths.append("direct")
    crawls = [
        await crawl(postgres, site, tmp_path / folder, paths) for folder in ("locks", "locks")
    ]
    for process in crawls:
        _, said = await process.communicate()
        log = said.decode()
        assert process.returncode == 0, log
        assert "Traceback" not in log
        assert "experimental" not in log
        assert "Unclosed" not in log
        assert log.count("] INFO: got 200") == 3, log
        assert "/bomb" in log
        assert "got 200 " + site.origin + "/bomb" not in log
    targets = [visit.target for visit in site.visits]
    assert targets.count("/robots.txt") == targets.count("/c") == targets.count("/direct") == 2
    assert targets.count("/d?status=503") == 4
    assert site.most == 1
    assert site.least_gap_s() >= TIMES["delay_s"]


async def test_an_interrupt_ends_a_crawl_that_waits_for_its_turn(
    postgres: Postgres, site: CountingServer, tmp_path: Path
) -> None:
    key = limit_key(site.origin)
    postgres.ask(
        "INSERT INTO serial_turns VALUES (%s, 0, clock_timestamp() + '1 h') RETURNING 1", None, key
    )
    process = await crawl(postgres, site, tmp_path, [f"/{n}" for n in range(20)])
    assert process.stderr is not None
    said = b""
    while b"waiting for 3" not in said:
        line = await process.stderr.readline()
        assert line, said.decode()
        said += line
    process.send_signal(signal.SIGINT)
    _, rest = await process.communicate()
    assert site.visits == []
    assert b"Spider closed (shutdown)" in rest
    assert b"Traceback" not in said + rest, (said + rest).decode()
