"""The gate: nothing of the browser gets past it, and nobody else gets through it."""

import asyncio
import socket
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiohttp import web

from crawlers.browser.gate import Gate, Way
from crawlers.browser.recipe import Recipe
from crawlers.config import config
from crawlers.errors import AddressError, ProxyDownError, ProxyTunnelError
from crawlers.sessions import sessions_for
from tests.browser.conftest import NewRenderer, Renderer
from tests.browser.site import PagesSite
from tests.replica.forward import ForwardProxy
from tests.replica.http import Request as SiteRequest
from tests.replica.http import Response

pytestmark = pytest.mark.asyncio(loop_scope="module")

Say = Callable[[str], Awaitable[bytes]]


@pytest_asyncio.fixture(loop_scope="module")
async def inside() -> AsyncIterator[PagesSite]:
    """Run a site on a private address, which no crawl allows."""
    async with PagesSite() as running:
        running.page("/secret", "secret")
        yield running


# --- Private addresses -------------------------------------------------------------------------

REACHING = {
    "image": "<img src='{url}' onerror=done() onload=done()>",
    "frame": "<iframe src='{url}' onload=done()></iframe>",
    "script": "<script src='{url}' onerror=done() onload=done()></script>",
    "call": "<script>fetch('{url}', {{mode: 'no-cors'}}).finally(done)</script>",
    "beacon": "<script>navigator.sendBeacon('{url}', 'x'); setTimeout(done, 300)</script>",
    "websocket": "<script>new WebSocket('{ws}').onclose = done</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([`fetch('{url}',{{mode:'no-cors'}})"
    ".finally(() => postMessage(1))`]))).onmessage = done</script>",
}
DONE = "<script>function done() { document.body.append(Object.assign("
DONE += "document.createElement('p'), {id: 'done', textContent: 'done'})) }</script>"


@pytest.mark.parametrize("how", REACHING)
async def test_a_page_reaches_no_private_address(
    how: str, site: PagesSite, inside: PagesSite, renderer: Renderer
) -> None:
    before = renderer.stats.get("browser/gate/refused", 0)
    url = f"{inside.origin}/secret"
    reach = REACHING[how].format(url=url, ws=url.replace("http", "ws"))
    page = site.page("/p", DONE + reach)
    response = await renderer.get(page, Recipe(wait_for="#done", blocks=frozenset()))
    assert b"done</p>" in response.body
    assert inside.requests == []
    assert renderer.stats["browser/gate/refused"] > before


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0", "a.localhost"]
)
async def test_no_way_of_writing_a_private_address_helps(
    host: str, inside: PagesSite, renderer: Renderer
) -> None:
    with pytest.raises(AddressError):
        await renderer.get(f"http://{host}:{inside.port}/secret")
    assert inside.requests == []


@pytest.mark.parametrize("how", ["redirect", "script", "form"])
async def test_a_page_that_leads_to_a_private_address_is_refused(
    how: str, site: PagesSite, inside: PagesSite, renderer: Renderer
) -> None:
    async def move(_: SiteRequest) -> Response:
        return Response(b"", 302, {"Location": f"{inside.origin}/secret"})

    site.answers["/redirect"] = move
    site.page("/script", f"<script>location = '{inside.origin}/secret'</script>")
    form = f"<form id=f method=post action='{inside.origin}/secret'></form>"
    site.page("/form", f"{form}<script>f.submit()</script>")
    with pytest.raises(AddressError, match=str(inside.port)):
        await renderer.get(f"{site.origin}/{how}", Recipe(wait_for="#never", time_limit_s=5))
    assert inside.requests == []


async def test_a_name_is_judged_by_the_address_that_is_connected_to(
    inside: PagesSite, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo
    asked: list[str] = []

    def rebinding(host: str, *arguments: Any, **more: Any) -> Any:
        asked.append(host)
        return resolve("127.0.0.1" if host == "rebinds.test" else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(AddressError, match=r"rebinds\.test:\d+ is at 127\.0\.0\.1"):
        await renderer.get(f"http://rebinds.test:{inside.port}/secret")
    assert "rebinds.test" in asked
    assert inside.requests == []


async def test_nothing_leaves_by_udp(site: PagesSite, renderer: Renderer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0)
        place = f"127.0.0.1:{udp.getsockname()[1]}"
        url = site.page(
            "/p",
            f"""{DONE}<script>
            const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:{place}"}}]}});
            peer.createDataChannel("x");
            peer.createOffer().then(offer => peer.setLocalDescription(offer));
            const gathered = new Promise(end => peer.onicecandidate = e => e.candidate || end());
            let tried = Promise.resolve();
            try {{ tried = new WebTransport("https://{place}").ready.catch(() => 0) }} catch {{ }}
            Promise.all([gathered, tried]).then(done)
            </script>""",
        )
        assert b"done</p>" in (await renderer.get(url, Recipe(wait_for="#done"))).body
        with pytest.raises(BlockingIOError):
            udp.recv(1)


async def test_a_websocket_of_the_page_goes_through(renderer: Renderer, site: PagesSite) -> None:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"{message.data} yourself")
        return socket

    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    renderer.rendering._gate._allowed |= {(host, port)}
    script = f"const s = new WebSocket('ws://{host}:{port}/'); s.onopen = () => s.send('hello');"
    script += "s.onmessage = e => document.body.innerHTML = `<p id=said>${e.data}`"
    url = site.page("/p", f"<script>{script}</script>")
    assert b"hello yourself" in (await renderer.get(url, Recipe(wait_for="#said"))).body
    await runner.cleanup()


# --- Who may use it ----------------------------------------------------------------------------


class Counting(Counter[str]):
    """Counts as the stats do."""

    def inc(self, name: str, by: int) -> None:
        """Count."""
        self[name] += by


class Client:
    """Speaks to a gate of its own, as a program on this machine may."""

    def __init__(self, gate: Gate, way: Way, counts: Counting) -> None:
        """Know the credential of *way*."""
        self.gate = gate
        self.way = way
        self.counts = counts

    def authorization(self, user: str | None = None, password: str | None = None) -> str:
        """Return the header's line."""
        pair = f"{user or self.way.username}:{password or self.gate.password}"
        return f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"

    async def say(self, *pieces: str) -> bytes:
        """Send each piece, the next one after an answer; return all that came."""
        port = urlsplit(self.gate.address).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = b""
        for piece in pieces:
            writer.write(piece.encode())
            said += await reader.read(65536)
        with suppress(ConnectionError):
            said += await reader.read()
        writer.close()
        return said


@pytest_asyncio.fixture(loop_scope="module")
async def client(site: PagesSite) -> AsyncIterator[Client]:
    """Open a gate that lets its clients reach the site."""
    counts = Counting()
    gate = Gate(lambda _: None, frozenset({("127.0.0.1", site.port)}), counts.inc)
    await gate.open()
    yield Client(gate, gate.open_way(None), counts)
    await gate.close()


async def test_without_the_credential_nothing_goes_out(site: PagesSite, client: Client) -> None:
    start = f"GET {site.origin}/1 HTTP/1.1\r\n"
    for wrong in (
        "",
        client.authorization("somebody"),
        client.authorization(password="guess"),  # noqa: S106 - a wrong one
        client.authorization().replace("Basic", "Bearer"),
    ):
        said = await client.say(f"{start}{wrong}\r\n", "no proxy\r\nbroken\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 407 ")
    gone = client.authorization()
    client.gate.close_way(client.way)
    said = await client.say(f"{start}{gone}\r\n", "no proxy\r\nbroken\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 407 ")
    assert site.requests == []


async def test_the_credential_and_what_is_for_the_next_hop_stay_here(
    site: PagesSite, client: Client
) -> None:
    site.page("/p", "x")
    said = await client.say(
        f"GET {site.origin}/p?a=1 HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n"
        f"Connection: keep-alive\r\nAccept: y\r\n{client.authorization()}\r\n"
    )
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nConnection: close\r\n" in said
    assert site.requests[0].target == "/p?a=1"
    assert site.requests[0].headers == {"host": "x", "accept": "y", "connection": "close"}


async def test_a_body_is_passed_on_whole(site: PagesSite, client: Client) -> None:
    async def length(request: SiteRequest) -> Response:
        return Response(str(len(request.body)).encode())

    site.answers["/p"] = length
    body = "x" * 200_000
    head = f"POST {site.origin}/p HTTP/1.1\r\nContent-Length: {len(body)}\r\n"
    said = await client.say(f"{head}{client.authorization()}\r\n{body}")
    assert said.endswith(b"\r\n\r\n200000")
    assert client.counts["bytes"] > 200_000


@pytest.mark.parametrize(
    "request_line",
    [
        "nonsense",
        "GET / HTTP/1.1",
        "GET https://127.0.0.1/ HTTP/1.1",
        "GET ftp://127.0.0.1/ HTTP/1.1",
        "GET http://127.0.0.1:x/ HTTP/1.1",
        "GET http://u:p@127.0.0.1/ HTTP/1.1",
        "GET http:/// HTTP/1.1",
        "CONNECT 127.0.0.1 HTTP/1.1",
        "CONNECT 127.0.0.1:99999 HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
    ],
)
async def test_what_no_proxy_is_asked_is_a_bad_request(request_line: str, client: Client) -> None:
    said = await client.say(f"{request_line}\r\n{client.authorization()}\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")


async def test_a_head_without_end_is_a_bad_request(client: Client) -> None:
    line = f"X-Long: {'x' * 1000}\r\n"
    said = await client.say("GET http://127.0.0.1/ HTTP/1.1\r\n" + line * 100)
    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", b"502"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", b"502"),
        (b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n", b"502"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 70_000, b"502"),
        (b"HTTP/1.0 200 OK\n\nold", b"200"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nlate", b"103"),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", b"200"),
    ],
)
async def test_an_odd_server_is_no_matter(answer: bytes, expected: bytes, client: Client) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client.gate._allowed |= {("127.0.0.1", port)}
    said = await client.say(
        f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n{client.authorization()}\r\n"
    )
    assert said.split(b" ")[1] == expected
    server.close()


async def test_an_upgrade_joins_both_ends(client: Client) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\nConnection: Upgrade" in head
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
        )
        writer.write(b"you said " + await reader.read(5))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client.gate._allowed |= {("127.0.0.1", port)}
    start = f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nUpgrade: x\r\nConnection: Upgrade\r\n"
    said = await client.say(f"{start}{client.authorization()}\r\n", "hello")
    assert b"\r\nConnection: Upgrade\r\n" in said
    assert said.endswith(b"you said hello")
    server.close()


# --- Proxies -----------------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="module")
async def proxy(site: PagesSite, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ForwardProxy]:
    """Run a proxy that knows where ``site.test`` is, and have every crawl use it."""
    places = {"site.test:80": ("127.0.0.1", site.port)}
    async with ForwardProxy("pr0xy-s3cret", places) as running:
        monkeypatch.setenv("PROXY_URLS", running.url("user-{session}"))
        config.cache_clear()
        yield running
        config.cache_clear()


def session_of(renderer: Renderer) -> str:
    """Return a session for the site."""
    chosen = sessions_for(renderer.crawler).choose("http://site.test/", None)
    name: str = chosen.name  # type: ignore[union-attr]  # it does not have to wait
    return name


async def test_a_session_goes_out_by_its_own_proxy(
    site: PagesSite, proxy: ForwardProxy, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin)
    session = session_of(renderer)
    site.page("/p", "<script src=/s.js></script>")
    response = await renderer.get("http://site.test/p", session=session)
    assert response.status == 200
    assert proxy.requests == {f"user-{session}": 2}
    assert all("proxy-authorization" not in one.headers for one in site.requests)
    with open(f"/proc/{renderer.pid}/cmdline", "rb") as file:  # noqa: ASYNC230, PTH123 - of the kernel
        assert b"s3cret" not in file.read()


async def test_a_proxy_is_no_way_to_a_private_address(
    inside: PagesSite, proxy: ForwardProxy, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer()
    with pytest.raises(AddressError):
        await renderer.get(f"{inside.origin}/secret", session=session_of(renderer))
    assert proxy.targets == []


async def test_without_a_live_session_nothing_is_sent(
    site: PagesSite, proxy: ForwardProxy, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin)
    for session in (None, "00000000"):
        with pytest.raises(ProxyDownError, match="stale"):
            await renderer.get(f"{site.origin}/1", session=session)
    assert (site.requests, proxy.targets) == ([], [])


async def test_what_goes_wrong_at_a_proxy_has_its_name(
    proxy: ForwardProxy, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer()
    session = session_of(renderer)

    async def failed() -> str:
        with pytest.raises((ProxyDownError, ProxyTunnelError)) as caught:
            await renderer.get("http://site.test/p", session=session)
        assert "s3cret" not in str(caught.value)
        return str(caught.value).partition(":")[0]

    proxy.always = (502, {"Proxy-Status": "p; error=destination_unavailable"})
    assert await failed() == "tunnel"
    proxy.always = (407, {})
    assert await failed() == "credentials"
    proxy.die()
    assert await failed() == "refused"


async def test_a_tunnel_goes_through_the_proxy_too(
    proxy: ForwardProxy, new_renderer: NewRenderer
) -> None:
    proxy.always = (502, {})
    renderer = new_renderer()
    session = session_of(renderer)
    with pytest.raises(ProxyTunnelError, match="HTTP 502"):
        await renderer.get("https://site.test/p", session=session)
    proxy.always = (407, {})
    with pytest.raises(ProxyDownError, match="credentials"):
        await renderer.get("https://site.test/p", session=session)
    assert set(proxy.targets) == {"site.test:443"}
    with pytest.raises(ProxyDownError, match="credentials"):
        await renderer.get("https://[2606:4700::1111]/p", session=session)
    assert "[2606:4700::1111]:443" in proxy.targets
