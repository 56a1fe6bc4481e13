"""A Chromium on this machine: the one that is named, one on the path, or Playwright's own."""

import shutil
from pathlib import Path

from crawlers.config import config

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
)
MISSING = (
    "no Chromium was found: install one (Debian, Ubuntu: apt-get install chromium; or: python -m "
    "playwright install --with-deps chromium), or say where it is with BROWSER_EXECUTABLE, or use "
    "a remote one with BROWSER_CDP_URL"
)
"""What to do, in one line."""


def candidates(playwrights_own: str) -> list[Path]:
    """Return the executables that exist, the preferred one first.

    *playwrights_own* is where Playwright's own download would be: ``chromium.executable_path``.
    """
    if named := config().browser_executable:
        return [named]
    found = [Path(path) for name in NAMES if (path := shutil.which(name))]
    return found + [own for own in [Path(playwrights_own)] if own.is_file()]
