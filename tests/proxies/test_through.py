"""The download handler behind a proxy: plain, in a tunnel, refused, and never past it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadConnectionRefusedError
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawlers.config import config
from crawlers.download import HttpDownloadHandler
from crawlers.errors import AddressError, ProxyDownError, ProxyTunnelError
from crawlers.limits import limit_key
from crawlers.proxies import Session
from crawlers.sessions import sessions_for
from tests.download.counting_server import CountingServer
from tests.replica import ForwardProxy

HOST = "site.test"
"""A name that only the proxy knows."""


class Way:
    """A handler whose crawl has one proxy."""

    def __init__(self, crawler: Crawler) -> None:
        """Ask the sessions of *crawler*."""
        self.sessions = sessions_for(crawler)
        self.handler = HttpDownloadHandler.from_crawler(crawler)

    async def get(self, url: str) -> Response:
        """Fetch *url* in the next session."""
        chosen = self.sessions.choose(url, None)
        assert isinstance(chosen, Session)
        return await self.handler.download_request(Request(url, meta={"session": chosen.name}))


@pytest.fixture
async def forward() -> AsyncIterator[ForwardProxy]:
    async with ForwardProxy("hunter2") as running:
        yield running


@pytest.fixture
async def way(forward: ForwardProxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Way]:
    monkeypatch.setenv("PROXY_URLS", forward.url("payer-{session}"))
    config.cache_clear()
    settings = {"SESSIONS_PER_SITE": 2, "DOWNLOAD_VERIFY_CERTIFICATES": True}
    one = Way(get_crawler(settings_dict=settings))
    yield one
    await one.handler.close()
    config.cache_clear()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Give a server's side of TLS for the host, by an authority that SSL_CERT_FILE names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "site.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def known(forward: ForwardProxy, site: CountingServer, scheme: str = "http") -> str:
    """Let the proxy know where the host is; return the host's address."""
    port = int(site.origin.rpartition(":")[2])
    forward.hosts = {f"{HOST}:{443 if scheme == 'https' else 80}": ("127.0.0.1", port)}
    return f"{scheme}://{HOST}{':443' if scheme == 'https' else ''}"


async def test_a_plain_request_goes_through_whole_and_its_credentials_no_further(
    way: Way, forward: ForwardProxy
) -> None:
    async with CountingServer() as site:
        response = await way.get(f"{known(forward, site)}/a%2Cb?c=d")
    assert response.status == 200
    assert response.url == f"http://{HOST}/a%2Cb?c=d"
    assert forward.targets == [f"http://{HOST}/a%2Cb?c=d"]
    assert site.visits[0].target == "/a%2Cb?c=d"
    assert b"Proxy-" not in site.visits[0].head
    assert response.request is None or "payer" not in str(response.request.meta)


async def test_a_tunnel_is_checked_end_to_end_and_the_site_sees_no_credentials(
    way: Way, forward: ForwardProxy, certificate: ssl.SSLContext
) -> None:
    async with CountingServer(certificate=certificate) as site:
        origin = known(forward, site, "https")
        assert [(await way.get(f"{origin}/{n}")).status for n in range(2)] == [200, 200]
    assert forward.targets == [f"{HOST}:443"] * 2
    assert len(forward.connects) == 2  # a connection of one session is not another one's
    assert all(b"Proxy-" not in visit.head for visit in site.visits)


async def test_a_tunnel_to_somebody_else_is_refused(
    way: Way, forward: ForwardProxy, certificate: ssl.SSLContext
) -> None:
    async with CountingServer(certificate=certificate) as site:
        known(forward, site, "https")
        forward.hosts = {"other.test:443": forward.hosts[f"{HOST}:443"]}
        with pytest.raises(DownloadConnectionRefusedError):
            await way.get("https://other.test/")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxys_own_answers_are_errors_with_reasons(
    scheme: str, way: Way, forward: ForwardProxy
) -> None:
    forward.script = [
        (407, {"x-brd-err-msg": "no zone of payer-1"}),
        (502, {"Proxy-Status": 'v; error=destination_not_found; details="no peer"'}),
    ]
    with pytest.raises(ProxyDownError, match=r"credentials: .*HTTP 407, no zone of payer-1"):
        await way.get(f"{scheme}://{HOST}/")
    with pytest.raises(ProxyTunnelError, match="tunnel: HTTP 502, destination_not_found no peer"):
        await way.get(f"{scheme}://{HOST}/")


async def test_an_unknown_host_is_the_proxys_to_refuse(way: Way, forward: ForwardProxy) -> None:
    forward.hosts = {f"{HOST}:443": ("127.0.0.1", 1)}
    with pytest.raises(ProxyTunnelError, match="HTTP 502, destination_unavailable"):
        await way.get(f"https://{HOST}/")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_dead_proxy_is_no_failure_of_the_site(
    scheme: str, way: Way, forward: ForwardProxy
) -> None:
    forward.die()
    with pytest.raises(ProxyDownError, match=rf"refused: http://127\.0\.0\.1:{forward.port}:"):
        await way.get(f"{scheme}://{HOST}/")


async def test_private_addresses_are_refused_through_a_proxy_too(
    way: Way, forward: ForwardProxy
) -> None:
    for host in ("127.0.0.1", "10.0.0.1", "[::1]", "2130706433", "localhost", "169.254.169.254"):
        with pytest.raises(AddressError):
            await way.get(f"http://{host}/")
    assert forward.targets == []


async def test_without_a_live_session_nothing_is_sent(way: Way, forward: ForwardProxy) -> None:
    async with CountingServer() as site:
        way.handler._allowed = frozenset({limit_key(site.origin)})
        for meta in ({}, {"session": "12345678"}, {"session": None}):
            with pytest.raises(ProxyDownError, match="stale"):
                await way.handler.download_request(Request(f"{site.origin}/", meta=meta))
    assert site.visits == []
    assert forward.targets == []


async def test_the_stand_in_demands_counts_and_tunnels() -> None:
    async with CountingServer() as site, ForwardProxy("pw") as proxy:
        target = site.origin.removeprefix("http://").encode()
        for head in (b"", b"Proxy-Authorization: Basic dTpwdw==\r\n"):  # u:pw
            for line in (b"GET http://" + target, b"CONNECT " + target):
                reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
                writer.write(b"%b HTTP/1.1\r\n%b\r\n" % (line, head))
                answer = await reader.readline()
                writer.close()
                expected = b"200" if head else b"407"
                assert answer.split(b" ")[1] == expected
        assert proxy.requests == {"u": 2}
        assert proxy.connects == {"u": 1}
        assert len(site.visits) == 1
