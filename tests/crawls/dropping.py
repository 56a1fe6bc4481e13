"""A pipeline of somebody else's that drops everything."""

from typing import Any

from scrapy.exceptions import DropItem


class DroppingPipeline:
    """Drop."""

    def process_item(self, item: Any) -> Any:
        """Drop *item*."""
        raise DropItem(repr(item))
