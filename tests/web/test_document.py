"""docs/dashboard.md says what is there."""

import re
from pathlib import Path

import pytest

from tests.crawls.run import ROOT

TEXT = (ROOT / "docs" / "dashboard.md").read_text(encoding="utf-8")
NAMED = re.findall(r"\]\(([\w./-]+)\)|src=\"([\w./-]+)\"", TEXT)
BYTES_MAX = 250_000


@pytest.mark.parametrize("path", sorted({one or other for one, other in NAMED}))
def test_what_it_shows_and_links_to_is_there(path: str) -> None:
    assert (ROOT / "docs" / path).exists()


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs/screenshots").iterdir()}
    assert sizes
    assert [name for name, size in sizes.items() if size > BYTES_MAX] == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)`", TEXT))))
def test_targets_that_it_names_exist(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`scrapy ([a-z]+)", TEXT))))
def test_commands_that_it_names_exist(command: str) -> None:
    assert Path(ROOT / "crawlers" / "commands" / f"{command}.py").is_file()
