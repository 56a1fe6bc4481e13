"""A browser looks like its session's identity, in headers and to scripts alike."""

import json

import pytest

from crawlers.browser.recipe import Recipe
from crawlers.sessions import sessions_for
from tests.browser.conftest import NewRenderer
from tests.browser.site import PagesSite

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOK = """<script>
navigator.userAgentData.getHighEntropyValues([]).then(data =>
  fetch("/seen", {method: "POST", body: JSON.stringify({
    agent: navigator.userAgent, languages: navigator.languages, platform: data.platform,
    brands: data.brands.map(one => `"${one.brand}";v="${one.version}"`).join(", "),
    size: [innerWidth, innerHeight]})}))
</script>"""


@pytest.mark.parametrize("rotates", [False, True])
async def test_scripts_and_headers_tell_the_same(
    rotates: bool,  # noqa: FBT001 - of the parameters above
    site: PagesSite,
    new_renderer: NewRenderer,
) -> None:
    renderer = new_renderer(site.origin, IDENTITY_ROTATION_ENABLED=rotates)
    session = sessions_for(renderer.crawler).choose(site.origin, None).name  # type: ignore[union-attr]
    await renderer.get(site.page("/p", LOOK), Recipe(answer="/seen"), session=session)
    page, call = site.requests
    seen = json.loads(call.body)
    for headers in (page.headers, call.headers):
        assert headers["user-agent"] == seen["agent"]
        assert headers["sec-ch-ua"] == seen["brands"]
        assert headers["sec-ch-ua-platform"] == f'"{seen["platform"]}"'
        languages = [one.partition(";")[0] for one in headers["accept-language"].split(",")]
        assert languages == seen["languages"]
    identity = sessions_for(renderer.crawler).identity(session)
    if rotates:
        assert seen["agent"] == identity.user_agent
        assert seen["size"] == list(identity.viewport or ())
    else:
        assert identity.user_agent is None
        assert "Headless" in seen["agent"]


async def test_contexts_are_kept_apart_by_session(
    site: PagesSite, new_renderer: NewRenderer
) -> None:
    renderer = new_renderer(site.origin)
    url = site.page("/p", "<script>document.cookie = 'me=1'</script>")
    for session in ("a", "b", "a"):
        await renderer.get(url, session=session)
    assert [one.headers.get("cookie") for one in site.requests] == [None, None, "me=1"]
    assert renderer.stats["playwright/context_count"] == 2
