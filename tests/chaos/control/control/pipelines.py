"""Store each page as a line of a file, which the operating system keeps when the process dies."""

import os
from typing import Any

from scrapy.crawler import Crawler


class LinePipeline:
    """Append ``page token`` to a file of the process' own."""

    def __init__(self, folder: str) -> None:
        """Store in *folder*."""
        self.folder = folder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "LinePipeline":
        """Read the setting FOLDER."""
        return cls(crawler.settings["FOLDER"])

    def open_spider(self) -> None:
        """Open the file."""
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        self.file = os.open(f"{self.folder}/stored-{os.getpid()}", flags)

    def close_spider(self) -> None:
        """Close it."""
        os.close(self.file)

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Store *item*."""
        os.write(self.file, f"{item['page']} {item['token']}\n".encode())
        return item
