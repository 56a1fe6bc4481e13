"""``scrapy parse`` as Scrapy has it, but nothing is stored."""

from scrapy.commands import parse

from crawlers.commands.common import OnlyLooks


class Command(OnlyLooks, parse.Command):
    """Look, and store nothing."""
