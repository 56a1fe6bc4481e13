"""A whole crawl as its own process: many requests, redirects, retries and robots.txt at once.

Arguments, as one JSON object: url (of the database), origin, folder, times, paths.
"""

import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from crawlers.limits import limit_key
from crawlers.storage.turns import SerialTurns, TurnTimes

ARGUMENTS: dict[str, Any] = json.loads(sys.argv[1])


def turns_for(
    _owner: object, key: str, _delay_s: float, closing: Callable[[], bool]
) -> SerialTurns:
    """Return turns with the times that the test gave."""

    async def get_url() -> str:
        return str(ARGUMENTS["url"])

    folder = Path(ARGUMENTS["folder"])
    return SerialTurns(
        key, get_url, TurnTimes(**ARGUMENTS["times"]), folder=folder, closing=closing
    )


class WorkerSpider(Spider):
    """Ask for every path."""

    name = "worker"

    async def start(self) -> AsyncIterator[Request]:
        """Give all at once; "direct" goes past the scheduler."""
        for path in ARGUMENTS["paths"]:
            if path == "direct":
                assert self.crawler.engine is not None
                await self.crawler.engine.download_async(Request(f"{ARGUMENTS['origin']}/direct"))
            else:
                yield Request(ARGUMENTS["origin"] + path, dont_filter=True)

    def parse(self, response: Response, **_: Any) -> None:
        """Say what came."""
        self.logger.info("got %s %s %s", response.status, response.url, response.protocol)


if __name__ == "__main__":
    handler = "crawlers.download.HttpDownloadHandler"
    process = AsyncCrawlerProcess(
        {
            "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
            "SERIAL_LIMIT_KEYS": [limit_key(ARGUMENTS["origin"])],
            "SERIAL_TURNS": turns_for,
            "ALLOWED_PRIVATE_ORIGINS": [ARGUMENTS["origin"]],
            "CONCURRENT_REQUESTS": 16,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": True,
            "RETRY_TIMES": 1,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "DOWNLOAD_MAXSIZE": 1_000_000,
            "LOG_LEVEL": "INFO",
        }
    )
    process.crawl(WorkerSpider)
    process.start()
