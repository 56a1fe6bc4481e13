"""The gate and private addresses: a page reaches none, in whatever way it asks."""

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import web

from crawlers.browser.recipe import Recipe
from crawlers.errors import AddressError
from tests.browser.conftest import Renderer
from tests.browser.site import PagesSite
from tests.replica.http import Request as SiteRequest
from tests.replica.http import Response

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
    async with asyncio.timeout(30):
        while renderer.stats.get("browser/gate/refused", 0) <= before:  # noqa: ASYNC110 - a beacon
            await asyncio.sleep(0.05)  # goes when the browser has time for it
    assert inside.requests == []


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
