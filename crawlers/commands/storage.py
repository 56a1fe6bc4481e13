"""``scrapy storage setup|check``: make the raw store ready, and say whether it is."""

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.config import config
from crawlers.errors import ConfigError, RawStoreError
from crawlers.storage.buckets import check, set_up
from crawlers.verdict import Exit

ACTIONS = {"setup": set_up, "check": check}


class Command(ScrapyCommand):
    """Exit codes: 0 all is well, 1 something is not, 2 wrong use."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "setup|check"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Set up or check the store of raw pages (RAW_STORE_URL)"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return (
            "setup makes the folder or the bucket, closes it to the public and sets its "
            f"lifecycle; check looks at them and writes a probe. {self.__doc__}"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Print one line for each thing that was looked at."""
        if len(args) != 1 or args[0] not in ACTIONS:
            raise UsageError("say what to do: scrapy storage setup|check", print_help=False)
        try:
            findings = ACTIONS[args[0]](config())
        except (ConfigError, RawStoreError) as error:
            print(f"scrapy storage: {error}", file=sys.stderr)
            self.exitcode = Exit.WRONG_USE if isinstance(error, ConfigError) else Exit.FAILED
            return
        for finding in findings:
            print(f"{'ok    ' if finding.good else 'FAILED'}  {finding.name}: {finding.detail}")
        well = all(finding.good for finding in findings)
        self.exitcode = Exit.COMPLETED if well else Exit.FAILED
