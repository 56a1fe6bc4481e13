"""``scrapy fetch`` as Scrapy has it, but nothing is stored."""

from scrapy.commands import fetch

from crawlers.commands.common import OnlyLooks


class Command(OnlyLooks, fetch.Command):
    """Look, and store nothing."""
