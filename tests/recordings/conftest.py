"""Real payloads, kept outside the project: ``pytest tests/recordings --recordings DIR``."""

from pathlib import Path

import pytest

REPORT = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the folder; there is no default."""
    parser.addoption("--recordings", type=Path, help="the folder that holds the recordings")


@pytest.fixture(scope="session")
def recordings(request: pytest.FixtureRequest) -> Path:
    """Return the folder; fail, never skip, without one."""
    folder: Path | None = request.config.getoption("--recordings")
    if folder is None or not folder.is_dir():
        pytest.fail("say where the recordings are: pytest tests/recordings --recordings DIR")
    return folder


@pytest.fixture
def report(request: pytest.FixtureRequest) -> list[str]:
    """Return a list of lines that are printed at the end."""
    return request.config.stash.setdefault(REPORT, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was read."""
    for line in terminalreporter.config.stash.get(REPORT, []):
        terminalreporter.write_line(line)
