"""A spider in a module that bears its name."""

from tests.crawls.plain.spider import PlainSpider


class LoneSpider(PlainSpider):
    """The same, elsewhere."""

    name = "lone"
