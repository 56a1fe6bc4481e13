"""``scrapy analyse``: what an engine says of stored games."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawlers.commands.common import Help, fail, given, on_database
from crawlers.errors import ConfigError
from crawlers.verdict import Exit

HELP = """\
Analyse stored chess games with Stockfish, or another engine that speaks UCI.

  scrapy analyse chess -a player=DrNykterstein -a max=20
  scrapy analyse chess -a games=q7ZvsdUF,2vUNiLP8 -a nodes=1000000
  scrapy analyse chess --waiting     what was asked for over HTTP (`scrapy work` starts that)

  -a player=NAME      all stored games of the player, the newest first
  -a games=ID,ID      these games
  -a max=N            so many games at most
  -a nodes=N          nodes for each position (300,000 if nothing is said)
  -a depth=N          search to this depth instead
  -a engines=N        engines at once (as many as there are cores, which is the most)
  -a hash_mb=N        memory of each engine for its search (16)

Each position is stored as soon as it is searched, so a run that ended in whatever way goes on
where it was; what the same engine has said at the same limit or a higher one is looked up. What
Lichess said of a game stays as it is: see the tables chess_analyses and chess_analysed_moves.
Ctrl-C ends the engines at once.

The engine is STOCKFISH_EXECUTABLE, or a stockfish on this machine (`make setup` installs one).

Exit codes: 0 done, 1 no engine or no database, 2 wrong use, 3 games were refused, others are at
some, or it was stopped.
"""
KINDS = ("chess",)


class Command(ScrapyCommand):
    """Analyse stored games."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the usage."""
        return "chess -a player=NAME | -a games=ID,ID | --waiting"

    def short_desc(self) -> str:
        """Return one line for ``scrapy``."""
        return "Analyse stored chess games with an engine"

    def long_desc(self) -> str:
        """Return the text of ``--help``."""
        return HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add ``-a`` and ``--waiting``."""
        super().add_options(parser)
        parser.formatter_class = Help
        add = parser.add_argument
        add("-a", action="append", dest="given", metavar="NAME=VALUE", help="see above")
        add(
            "--waiting",
            action="store_true",
            help="what was asked for over HTTP, until none is left",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Analyse; what is wrong is one line on standard error."""
        from crawlers.analysis.arguments import read  # noqa: PLC0415 - start-up of other commands
        from crawlers.terminal.analyses import analyse  # noqa: PLC0415 - rich and chess take time

        try:
            if args != [*KINDS]:
                raise UsageError("say what: scrapy analyse chess -a player=NAME")  # noqa: TRY301 - as any
            asked = read(given(opts.given or ()))
            if opts.waiting == bool(asked.player or asked.games):
                raise UsageError("give -a player=NAME, -a games=ID,ID or --waiting")  # noqa: TRY301
        except (ConfigError, UsageError, ValueError) as error:
            self.exitcode = fail("analyse", error, Exit.WRONG_USE)
            return

        self.exitcode = on_database(lambda database: analyse(database, asked))
