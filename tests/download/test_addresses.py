"""Private addresses in every form are refused before anything is connected."""

import socket
from collections.abc import AsyncIterator

import aiohappyeyeballs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.utils.test import get_crawler

from crawlers.addresses import is_private, literal, names_private
from crawlers.download import HttpDownloadHandler
from crawlers.errors import AddressError
from crawlers.plain import Connecting
from tests.download.counting_server import CountingServer

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nothing is bound
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:808:808:0:ffff:80ff:fffe",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]
PUBLIC = "1.1.1.1 8.8.8.8 172.32.0.1 100.128.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808"


@pytest.mark.parametrize("address", [*PRIVATE, "", "lichess.org"])
def test_private_addresses_are_known(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_known(address: str) -> None:
    assert not is_private(address)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_alike(address: object) -> None:
    assert is_private(f"::ffff:{address}") == is_private(str(address))
    assert is_private(f"64:ff9b::{address}") == is_private(str(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "::1",
        "0",
        "2130706433",
        "017700000001",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "fe80::1%25eth0",
        "169.254.169.254",
    ],
)
def test_hosts_that_name_a_private_address_are_known(host: str) -> None:
    assert names_private(host)


@pytest.mark.parametrize("host", ["lichess.org", "1.1.1.1", "localhost.org", "[2606:4700::1111]"])
def test_other_hosts_are_left_to_the_resolver(host: str) -> None:
    assert not names_private(host)


@given(st.ip_addresses(v=4))
def test_a_number_is_read_as_the_c_library_reads_it(address: object) -> None:
    assert literal(str(int(address))) == literal(hex(int(address))) == str(address)  # type: ignore[call-overload]


@pytest.fixture
async def handler() -> AsyncIterator[HttpDownloadHandler]:
    made = HttpDownloadHandler.from_crawler(get_crawler())
    yield made
    await made.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "0",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "[::]",
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "169.254.169.254",
        "10.1.2.3",
        "[fe80::1]",
    ],
)
async def test_the_handler_refuses_every_form_of_a_private_address(
    host: str, handler: HttpDownloadHandler, site: CountingServer
) -> None:
    port = site.origin.rpartition(":")[2]
    with pytest.raises(AddressError):
        await handler.download_request(Request(f"http://{host}:{port}/"))
    assert site.visits == []


async def test_a_name_is_judged_by_the_address_that_is_connected_to(
    site: CountingServer,
) -> None:
    port = int(site.origin.rpartition(":")[2])
    target = Connecting()
    info = await _resolve("localhost", port)
    with pytest.raises(OSError, match="private address"):
        await aiohappyeyeballs.start_connection(info, socket_factory=target.open)
    assert is_private(target.refused)
    assert target.sockets == []


async def test_of_a_name_with_both_only_the_public_address_is_connected_to(
    site: CountingServer,
) -> None:
    port = int(site.origin.rpartition(":")[2])
    target = Connecting(refuses=lambda address: address != "127.0.0.1")
    both = [*(await _resolve("127.0.0.2", port)), *(await _resolve("127.0.0.1", port))]
    opened = await aiohappyeyeballs.start_connection(both, socket_factory=target.open)
    assert opened.getpeername() == ("127.0.0.1", port)
    assert target.refused == "127.0.0.2"
    opened.close()


async def _resolve(host: str, port: int) -> list[aiohappyeyeballs.AddrInfoType]:
    return list(socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM))


async def test_a_resolver_that_changes_its_mind_gains_nothing(
    handler: HttpDownloadHandler, site: CountingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = site.origin.rpartition(":")[2]
    session = handler._plain._session._session  # type: ignore[attr-defined]
    resolver = session.connector._resolver
    answers = []

    async def rebound(*_: object, **__: object) -> object:
        answers.append(await type(resolver).resolve(resolver, "localhost", int(port)))
        return answers[-1]

    monkeypatch.setattr(resolver, "resolve", rebound)
    with pytest.raises(AddressError, match="public"):
        await handler.download_request(Request(f"http://public.test:{port}/"))
    assert answers
    assert site.visits == []


@pytest.mark.usefixtures("test_mode")
async def test_in_test_mode_exactly_the_given_origin_is_allowed(site: CountingServer) -> None:
    async with CountingServer() as other:
        crawler = get_crawler(settings_dict={"ALLOWED_PRIVATE_ORIGINS": [site.origin]})
        handler = HttpDownloadHandler.from_crawler(crawler)
        response = await handler.download_request(Request(f"{site.origin}/x"))
        assert response.status == 200
        for url in (other.origin, site.origin.replace("127.0.0.1", "localhost")):
            with pytest.raises(AddressError):
                await handler.download_request(Request(url))
        await handler.close()
        assert other.visits == []


async def test_without_test_mode_the_setting_is_ignored(site: CountingServer) -> None:
    crawler = get_crawler(settings_dict={"ALLOWED_PRIVATE_ORIGINS": [site.origin]})
    handler = HttpDownloadHandler.from_crawler(crawler)
    with pytest.raises(AddressError):
        await handler.download_request(Request(site.origin))
    await handler.close()
    assert site.visits == []
