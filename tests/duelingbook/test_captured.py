"""The middleware for saved files: what it answers, and what it never opens."""

from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from crawlers.errors import CaptureError
from middlewares.captured import CapturedMiddleware
from spiders.duelingbook.spider import DuelingBookSpider

URL = "https://www.duelingbook.com/replay?id=5"


def middleware(path: Path) -> CapturedMiddleware:
    crawler = get_crawler(DuelingBookSpider)
    crawler.spider = DuelingBookSpider(files=str(path))
    return CapturedMiddleware.from_crawler(crawler)


async def test_a_saved_answer_comes_as_the_response_of_its_page(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"id": 5}')
    request = Request(URL, meta={"capture": str(path)})
    response = await middleware(path).process_request(request)
    assert isinstance(response, Response)
    assert (response.url, response.status, response.body) == (URL, 200, b'{"id": 5}')
    assert response.headers["Content-Type"] == b"application/json"
    assert request.meta["fetched_at"] == path.stat().st_mtime


async def test_a_request_without_a_saved_answer_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    assert await middleware(path).process_request(Request(URL)) is None


@pytest.mark.parametrize("name", ["/etc/passwd", "b.json", "", 5, ["a.json"]])
async def test_a_request_that_names_another_file_is_refused(tmp_path: Path, name: object) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    (tmp_path / "b.json").write_text("{}")
    wanted = str(tmp_path / name) if name == "b.json" else name
    with pytest.raises(CaptureError):
        await middleware(path).process_request(Request(URL, meta={"capture": wanted}))


async def test_a_spider_without_files_opens_none(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    crawler = get_crawler(DuelingBookSpider)
    crawler.spider = DuelingBookSpider(ids="5")
    asked = Request(URL, meta={"capture": str(path)})
    with pytest.raises(CaptureError, match="do not name"):
        await CapturedMiddleware(crawler).process_request(asked)
