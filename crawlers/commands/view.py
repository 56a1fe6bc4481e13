"""``scrapy view`` as Scrapy has it, but nothing is stored."""

from scrapy.commands import view

from crawlers.commands.common import OnlyLooks


class Command(OnlyLooks, view.Command):
    """Look, and store nothing."""
