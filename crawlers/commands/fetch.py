"""``scrapy fetch`` as Scrapy has it, but nothing is stored."""

import argparse

from scrapy.commands import fetch

from crawlers.commands.common import only_look


class Command(fetch.Command):
    """Look, and store nothing."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read Scrapy's options, then switch the pipelines off."""
        super().process_options(args, opts)
        only_look(self.settings)
