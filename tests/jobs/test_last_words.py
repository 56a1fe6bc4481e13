"""The line of a worker's log that says best how it ended."""

import pytest

from crawlers.jobs.nodes import last_words

LOG = """
2026-11-28 17:35:00 [scrapy.core.engine] INFO: Spider opened
2026-11-28 17:35:01 [asyncio] ERROR: Task was destroyed but it is pending!
task: <Task pending name='x'>
"""


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ""),
        (f"{LOG}scrapy crawl: unknown argument 'x'\n", "unknown argument 'x'"),
        (
            f"{LOG}errand: failed in 1,000.1 s: job 'a' has a worker\n  new 0, changed 0\n{LOG}",
            "job 'a' has a worker",
        ),
        (LOG, "Task was destroyed but it is pending!"),
        ("Traceback ...\nImportError: no module\n", "ImportError: no module"),
    ],
)
def test_the_best_line_of_a_log_is_shown(log: str, words: str) -> None:
    assert last_words(log) == words
