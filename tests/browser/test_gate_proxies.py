"""The gate and proxies: each session goes out by its own, and nothing goes past them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crawlers.config import config
from crawlers.errors import AddressError, ProxyDownError, ProxyTunnelError
from crawlers.sessions import sessions_for
from tests.browser.conftest import NewRenderer, Renderer
from tests.browser.site import PagesSite
from tests.replica.forward import ForwardProxy

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
