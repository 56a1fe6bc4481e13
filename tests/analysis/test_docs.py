"""docs/analysis.md says what is there, and its commands work in their order."""

import re
import shlex

from crawlers.analysis.arguments import NODES
from crawlers.analysis.assessment import LINE_PLIES
from crawlers.analysis.engines import TRIES
from crawlers.analysis.rounds import FAILURES_MAX
from crawlers.config import Config
from tests.analysis.stored import put, random_moves
from tests.crawls.run import ROOT, Crawls

TEXT = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for line in TEXT.splitlines() if line.startswith("    scrapy ")]


def test_the_commands_of_the_page_work_in_their_order(
    user: Crawls, database_config: Config
) -> None:
    for seed in range(3):
        put(database_config, f"aaaaaaa{seed}", random_moves(12, seed), white="drnykterstein")
    said = []
    for command in COMMANDS:
        done = user.run(*shlex.split(command)[1:])
        assert (done.returncode, done.stderr) == (0, ""), command
        said.append(done.stdout)
    assert said[0].startswith("3 games, 0 analysed before; 20,000 nodes")
    assert said[1].startswith("3 games, 3 analysed before; 10,000 nodes")
    assert "win_percent" in said[2]
    assert "(3 rows)" in said[3]


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"{NODES:,} nodes for each position are the default" in TEXT
    assert f"up to {LINE_PLIES} half-moves" in TEXT
    words = {3: "three", 5: "five"}
    assert f"after\n{words[TRIES]} times" in TEXT
    assert f"after {words[FAILURES_MAX]} such games" in TEXT


def test_files_that_it_names_are_there() -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
