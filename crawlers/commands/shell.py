"""``scrapy shell`` as Scrapy has it, but nothing is stored."""

from scrapy.commands import shell

from crawlers.commands.common import OnlyLooks


class Command(OnlyLooks, shell.Command):
    """Look, and store nothing."""
