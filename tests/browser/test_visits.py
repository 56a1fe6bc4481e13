"""One page in the browser: what is taken from it, and when it is blocked."""

import json
import socket

import pytest
from scrapy import Request
from scrapy.exceptions import (
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import HtmlResponse

from crawlers.browser import handler, visit
from crawlers.browser.recipe import HEAVY, Recipe
from crawlers.errors import BlockedError, BrowserError, RenderError
from tests.browser.conftest import NewRenderer, Renderer
from tests.browser.site import Answer, PagesSite, html
from tests.replica.http import CutError, Response, json_response
from tests.replica.http import Request as SiteRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALL = "<script>fetch('/api/data?x=1')</script>"
QUICK = Recipe(time_limit_s=3)


async def test_the_html_is_that_after_the_scripts_have_run(
    site: PagesSite, renderer: Renderer
) -> None:
    url = site.page("/p", "<script>document.body.append('gr\\u00fc\\u00dfe')</script>")
    response = await renderer.get(url)
    assert (response.status, response.url) == (200, url)
    assert "grüße" in response.body.decode()
    assert isinstance(response, HtmlResponse)
    assert response.encoding == "utf-8"
    assert response.request is not None
    assert response.request.meta == {"render": "page"}


async def test_the_answer_is_the_pages_own_call(site: PagesSite, renderer: Renderer) -> None:
    url = site.page("/p", CALL)
    site.answers["/api/data"] = _says({"moves": 3}, 202)
    response = await renderer.get(url, Recipe(answer=r"/api/data\?"))
    assert (response.url, response.status) == (url, 202)
    assert json.loads(response.body) == {"moves": 3}
    assert response.headers["Content-Type"] == b"application/json"


async def test_of_equal_calls_the_one_that_is_about_the_page_is_taken(
    site: PagesSite, renderer: Renderer
) -> None:
    script = "fetch('/api/data?id=70').then(() => fetch('/api/data?id=7'))"
    url = site.page("/p-7", f"<script>{script}</script>")

    async def answer(request: SiteRequest) -> Response:
        return json_response(request.target)

    site.answers["/api/data"] = answer
    recipe = Recipe(answer=r"/api/data\?id={number}$", address=r"-(?P<number>\d+)$")
    assert (await renderer.get(url, recipe)).body == b'"/api/data?id=7"'


async def test_an_answer_ends_the_visit_before_the_page_has_loaded(
    site: PagesSite, renderer: Renderer
) -> None:
    site.hold("/slow.css")
    url = site.page("/p", f"{CALL}<link rel=stylesheet href=/slow.css>")
    site.answers["/api/data"] = _says({})
    assert (await renderer.get(url, Recipe(answer="/api/data"))).body == b"{}"


async def test_without_the_answer_the_html_is_the_body(site: PagesSite, renderer: Renderer) -> None:
    site.hold("/api/data")
    url = site.page("/p", f"stalls{CALL}")
    response = await renderer.get(url, Recipe(answer="/api/data", time_limit_s=4))
    assert b"stalls" in response.body


async def test_a_call_that_broke_is_a_failed_download(site: PagesSite, renderer: Renderer) -> None:
    async def cut(_: SiteRequest) -> Response:
        raise CutError("rst")

    site.answers["/api/data"] = cut
    url = site.page("/p", CALL)
    with pytest.raises(DownloadFailedError, match="gives no answer"):
        await renderer.get(url, Recipe(answer="/api/data", time_limit_s=4))


async def test_a_recipe_waits_for_what_it_names(site: PagesSite, renderer: Renderer) -> None:
    url = site.page(
        "/p",
        "<p class=x hidden>not this</p><div id=d></div>"
        "<script>fetch('/api/data').then(() => { d.innerHTML = '<p class=x>late</p>' })</script>",
    )
    site.answers["/api/data"] = _says({})
    response = await renderer.get(url, Recipe(wait_for="p.x"))
    assert b"late" in response.body


async def test_what_never_comes_leaves_the_html(site: PagesSite, renderer: Renderer) -> None:
    response = await renderer.get(site.page("/p", "all"), Recipe(wait_for="#no", time_limit_s=4))
    assert b"all" in response.body


@pytest.mark.parametrize("answer", [None, "/api/never"])
async def test_a_visible_challenge_blocks_at_once(
    answer: str | None, site: PagesSite, renderer: Renderer
) -> None:
    site.hold("/slow.css")  # the page never loads, and its limit is far
    script = "setTimeout(() => { document.getElementById('c').hidden = false }, 50)"
    url = site.page(
        "/p",
        f"<div class=c id=h style='display:none'>no</div><div class=c id=c hidden>robot?</div>"
        f"<script>{script}</script><link rel=stylesheet href=/slow.css>",
    )
    recipe = Recipe(answer=answer, challenges=("#none", ".c"), time_limit_s=600)
    with pytest.raises(BlockedError, match=r"/p: a challenge is shown: \.c"):
        await renderer.get(url, recipe)


async def test_injected_and_hidden_challenges_are_none(site: PagesSite, renderer: Renderer) -> None:
    url = site.page(
        "/p",
        "<script src='chrome-extension://x/cf-turnstile.js'></script>"
        "<div class=cf-turnstile style='display:none'>robot?</div>"
        "<div class=cf-turnstile style='visibility:hidden'>robot?</div>"
        "<div class=cf-turnstile></div>content",
    )
    recipe = Recipe(challenges=(".cf-turnstile", "script[src*=turnstile]"))
    assert b"content" in (await renderer.get(url, recipe)).body


async def test_a_challenge_with_an_error_status_blocks(site: PagesSite, renderer: Renderer) -> None:
    async def refuse(_: SiteRequest) -> Response:
        show = "setTimeout(() => { document.body.innerHTML = '<p id=captcha>robot?' }, 300)"
        return html(f"<body><script>{show}</script>", status=403)

    site.answers["/p"] = refuse
    with pytest.raises(BlockedError):
        await renderer.get(f"{site.origin}/p", Recipe(challenges=("#captcha",)))


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(wait_for="#x"), Recipe(challenges=("#x",))])
async def test_an_error_of_the_site_is_not_waited_out(
    recipe: Recipe, site: PagesSite, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "REFUSED_S", 0.5)
    response = await renderer.get(f"{site.origin}/none", recipe)
    assert response.status == 404
    assert b"Not found" in response.body


async def test_scrolling_loads_the_rest_and_stops(site: PagesSite, renderer: Renderer) -> None:
    url = site.page(
        "/p",
        """<div style="height:3000px">first</div><script>
        let n = 0
        addEventListener("scroll", () => { if (n++ < 2)
          document.body.insertAdjacentHTML("beforeend", `<div style="height:3000px">more${n}`) })
        </script>""",
    )
    assert b"more1<" not in (await renderer.get(url, Recipe())).body
    body = (await renderer.get(url, Recipe(scrolls=9))).body
    assert b"more1<" in body
    assert b"more2<" in body


async def test_blocked_resources_are_not_loaded(site: PagesSite, renderer: Renderer) -> None:
    url = site.page("/p", "<img src=/i.png><script src=/s.js></script>")
    await renderer.get(url)
    await renderer.get(url, Recipe(blocks=HEAVY | {"script"}))
    await renderer.get(url, Recipe(blocks=frozenset()))
    assert (site.asked("/i.png"), site.asked("/s.js")) == (1, 2)


async def test_images_that_no_recipe_wants_are_not_even_asked_for(
    site: PagesSite, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin, images=False)
    await renderer.get(
        site.page("/p", "<img src=/i.png><style>p { background: url(/b.png) }</style><p>x")
    )
    assert [request.path for request in site.requests] == ["/p"]
    assert "playwright/request_count/aborted" not in renderer.stats


async def test_what_the_browser_sends_is_its_own(site: PagesSite, renderer: Renderer) -> None:
    site.pages["/p"] = "x"
    request = Request(
        f"{site.origin}/p",
        headers={"User-Agent": "crawlers/0.1", "Authorization": "Bearer s3cret"},
        meta={"render": "page"},
    )
    await renderer.rendering.download_request(request)
    sent = site.requests[0].headers
    assert "Chrome/" in sent["user-agent"]
    assert "authorization" not in sent
    assert request.headers["Authorization"] == b"Bearer s3cret"


async def test_redirects_end_where_the_browser_ends(site: PagesSite, renderer: Renderer) -> None:
    async def move(_: SiteRequest) -> Response:
        return Response(b"", 302, {"Location": "/there"})

    site.answers["/here"] = move
    site.page("/there", "<script>history.pushState({}, '', '/there?later')</script>arrived")
    response = await renderer.get(f"{site.origin}/here")
    assert response.url == f"{site.origin}/there?later"
    assert b"arrived" in response.body


async def test_a_page_that_goes_on_by_itself_is_followed(
    site: PagesSite, renderer: Renderer
) -> None:
    site.page("/there", "arrived")
    url = site.page("/here", "<script>location = '/there'</script>")
    response = await renderer.get(url, Recipe(wait_for="body:has-text('arrived')"))
    assert b"arrived" in response.body


async def test_failures_have_scrapys_names(site: PagesSite, renderer: Renderer) -> None:
    async def cut(_: SiteRequest) -> Response:
        raise CutError("rst")

    site.answers["/cut"] = cut
    site.hold("/stall")
    with pytest.raises(DownloadFailedError, match="gives no answer"):
        await renderer.get(f"{site.origin}/cut")
    with pytest.raises(DownloadTimeoutError, match="/stall"):
        await renderer.get(f"{site.origin}/stall", QUICK)


async def test_nobody_listening_is_a_refused_connection(new_renderer: NewRenderer) -> None:
    with socket.socket() as mute:  # it has the port, and does not listen
        mute.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(DownloadConnectionRefusedError, match="Connection refused"):
            await new_renderer(closed).get(closed)


async def test_a_file_is_no_page(site: PagesSite, renderer: Renderer) -> None:
    async def attached(_: SiteRequest) -> Response:
        return Response(b"PK", headers={"Content-Type": "application/zip"})

    site.answers["/a.zip"] = attached
    with pytest.raises(RenderError, match="a file to download"):
        await renderer.get(f"{site.origin}/a.zip")


async def test_an_unknown_recipe_is_named(site: PagesSite, renderer: Renderer) -> None:
    with pytest.raises(RenderError, match=r"unknown recipe 'pagge' \(known: .*page\)"):
        await renderer.get(site.origin, render="pagge")


async def test_a_selector_that_is_none_is_an_error_of_the_recipe(
    site: PagesSite, renderer: Renderer
) -> None:
    with pytest.raises(RenderError, match="no selector: p:nope"):
        await renderer.get(site.page("/p", ""), Recipe(wait_for="p:nope("))


async def test_a_page_that_hangs_is_given_up_and_leaves_nothing(
    site: PagesSite, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "READ_S", 1)
    url = site.page("/p", "<script>addEventListener('load', () => { for (;;); })</script>")
    with pytest.raises((DownloadTimeoutError, BrowserError)):
        await renderer.get(url, Recipe(wait_for="#x", time_limit_s=1))
    await renderer.get(site.page("/q", ""))
    await renderer.until_closed()


def _says(value: object, status: int = 200) -> Answer:
    async def answer(_: SiteRequest) -> Response:
        return json_response(value, status)

    return answer
