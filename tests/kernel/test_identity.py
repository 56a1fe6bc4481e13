"""Who gets a source's token."""

from typing import Any

import pytest
from pydantic import SecretStr
from scrapy import Request
from scrapy.utils.test import get_crawler

from crawlers import config as configuration
from crawlers.config import Config
from middlewares import identity
from spiders.lichess.spider import LichessSpider

TOKEN = "lip_hunter2"  # noqa: S105 - made up


@pytest.mark.parametrize(
    ("origin", "url", "test_mode", "sent"),
    [
        (None, "https://lichess.org/api/user/anna", False, True),
        (None, "https://elsewhere.org/api/user/anna", False, False),
        ("http://elsewhere.org", "http://elsewhere.org/api/user/anna", False, False),
        ("http://lichess.org", "http://lichess.org/api/user/anna", False, False),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/api/user/anna", True, True),
        ("http://127.0.0.1:9", "http://127.0.0.1:10/api/user/anna", True, False),
    ],
)
def test_the_token_goes_to_the_sources_own_site_only(
    monkeypatch: pytest.MonkeyPatch,
    origin: str | None,
    url: str,
    test_mode: bool,  # noqa: FBT001 - parametrized
    sent: bool,  # noqa: FBT001 - parametrized
) -> None:
    chosen = Config(lichess_token=SecretStr(TOKEN), crawlers_test=test_mode)
    for module in (configuration, identity):
        monkeypatch.setattr(module, "config", lambda: chosen)
    monkeypatch.setattr("spiders.lichess.spider.config", lambda: chosen)
    crawler = get_crawler(LichessSpider)
    arguments: dict[str, Any] = {"players": "anna"} | ({"origin": origin} if origin else {})
    crawler.spider = LichessSpider(**arguments)
    request = Request(url, headers={"Authorization": "left over from before a redirect"})
    identity.IdentityMiddleware.from_crawler(crawler).process_request(request)
    assert (request.headers.get("Authorization") == f"Bearer {TOKEN}".encode()) is sent
    assert ("Authorization" in request.headers) is sent
