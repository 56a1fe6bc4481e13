"""Scrapy's own listeners, taught that one harvest holds many items."""

import json
import logging
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exporters import CsvItemExporter, JsonLinesItemExporter
from scrapy.extensions import closespider, corestats, feedexport
from scrapy.logformatter import LogFormatter, LogFormatterResult

from crawlers.errors import StorageError
from crawlers.harvest import Harvest, flat, items_of
from crawlers.items.base import Item

PROVENANCE = ("table", "source", "source_url", "fetched_at")


class ItemStats(corestats.CoreStats):
    """``item_scraped_count`` counts items."""

    def item_scraped(self, item: Any, spider: Spider) -> None:  # noqa: ARG002 - Scrapy's signature
        """Add the number of items in *item*."""
        if count := len(items_of(item)):
            self.stats.inc_value("item_scraped_count", count)


class ItemCloseSpider(closespider.CloseSpider):
    """``CLOSESPIDER_ITEMCOUNT`` and ``CLOSESPIDER_TIMEOUT_NO_ITEM`` mean items."""

    def item_scraped(self, item: Any, spider: Spider) -> None:
        """Count each item by itself: Scrapy compares for equality."""
        for one in items_of(item):
            super().item_scraped(one, spider)

    def item_scraped_no_item(self, item: Any, spider: Spider) -> None:  # noqa: ARG002 - Scrapy's signature
        """Count items: a harvest without any is no sign of life."""
        self.items_in_period += len(items_of(item))


class Row(dict[str, Any]):
    """A flat row of a feed that remembers its item, for filters by class."""

    item: Any


class ByItem:
    """A feed's own filter, asked about the item and not about its row."""

    def __init__(self, inner: feedexport.ItemFilter) -> None:
        """Wrap *inner*."""
        self.inner = inner

    def accepts(self, row: Row) -> bool:
        """Say whether the feed takes the row's item."""
        return self.inner.accepts(row.item)


class ItemFeedExporter(feedexport.FeedExporter):
    """Feeds hold one flat row for each item."""

    def __init__(self, crawler: Crawler) -> None:
        """Give a csv feed the columns of all items of the source, where none are named."""
        super().__init__(crawler)
        for options in self.feeds.values():
            if options["format"] == "csv" and not options["fields"]:
                options["fields"] = columns_of(getattr(crawler.spider, "items", ())) or None

    def _load_filter(self, feed_options: dict[str, Any]) -> Any:
        return ByItem(super()._load_filter(feed_options))

    def item_scraped(self, item: Any, spider: Spider) -> None:
        """Export each item of a harvest; nothing else is ever sent item by item."""
        harvest = item if isinstance(item, Harvest) else None
        for one in items_of(item):
            row = Row(flat(one, harvest))
            row.item = one
            super().item_scraped(row, spider)


def columns_of(items: Iterable[type[Item]]) -> list[str]:
    """Return the columns of a feed that holds all of *items*: provenance, then their fields."""
    names = [name for item in items for name in item.columns]
    return [*PROVENANCE, *dict.fromkeys(names)] if names else []


class RowJsonLinesExporter(JsonLinesItemExporter):
    """JSON lines; rows are plain JSON already, so a fast encoder writes them as they are."""

    def export_item(self, item: Any) -> None:
        """Write *item*; with fields or an indent of the user's own, Scrapy does it."""
        plain = not self.fields_to_export and not self.indent and self.encoding == "utf-8"
        if plain and isinstance(item, Row):
            self.file.write(to_json(item) + b"\n")
        else:
            super().export_item(item)


class SpacedCsvExporter(CsvItemExporter):
    """A csv file whose arrays are joined by spaces and whose records are JSON."""

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:  # noqa: ARG002 - Scrapy's signature
        """Return *value* as it stands in the file."""
        if isinstance(value, list | tuple) and not any(isinstance(one, dict) for one in value):
            return " ".join("null" if one is None else str(one) for one in value)
        return json.dumps(value) if isinstance(value, dict | list) else value


class QuietLogFormatter(LogFormatter):
    """No line for each item: Scrapy would format it even where nobody reads it."""

    def scraped(  # type: ignore[override]
        self, item: Any, response: Any, spider: Spider
    ) -> None:
        """Say nothing; Scrapy documents None for that, its types do not."""

    def item_error(
        self, item: Any, exception: BaseException, response: Any, spider: Spider
    ) -> LogFormatterResult:
        """Say in full what was a bug; why a crawl could not store has been said in one line."""
        said = super().item_error(item, exception, response, spider)
        if isinstance(exception, StorageError):
            said["level"] = logging.DEBUG
        return said
