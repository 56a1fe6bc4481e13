"""Find a Chromium that runs, or install one: ``python -m crawlers.browser.setup``.

In this order: the one that BROWSER_EXECUTABLE names or that is on the path, Playwright's own
download, and as root of Debian or Ubuntu the system's package. Whatever comes of it, the exit code
is 0: most sources need no browser.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

from crawlers.browser.find import MISSING, candidates
from crawlers.config import config
from crawlers.errors import ConfigError

TRIAL = ("--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank")
TRIAL_S = 60
"""The first start of a browser on a slow disk takes long."""
INSTALL_S = 600


def main() -> int:
    """Say in one line which browser there is, or what to do."""
    try:
        if config().browser_cdp_url:
            say("a remote one, by BROWSER_CDP_URL")
            return 0
        found = first_that_runs()
    except ConfigError as error:
        say(str(error))
        return 0
    for name, install in WAYS.items():
        if found or config().browser_executable:
            break
        say(f"none runs here yet; trying {name} ...")
        install()
        found = first_that_runs()
    say(str(found) if found else MISSING)
    return 0


def first_that_runs() -> Path | None:
    """Return the first browser that shows an empty page."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return next(filter(runs, candidates(own)), None)


def runs(executable: Path) -> bool:
    """Tell whether *executable* starts, finds its libraries, and shows an empty page."""
    return succeeds([str(executable), *TRIAL], TRIAL_S)


def download() -> None:
    """Take Playwright's own build; as root with the libraries that it needs, where apt has them."""
    install = [sys.executable, "-m", "playwright", "install"]
    if succeeds([*install, "chromium"], INSTALL_S) and os.geteuid() == 0:
        succeeds([sys.executable, "-m", "playwright", "install-deps", "chromium"], INSTALL_S)


def package() -> None:
    """Install the system's package, where this is root of Debian or Ubuntu."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    # It must ask nobody.
    install = [
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        apt,
        "install",
        "--yes",
        "--no-install-recommends",
        "chromium",
    ]
    if not succeeds(install, INSTALL_S):
        succeeds([apt, "update"], INSTALL_S)
        succeeds(install, INSTALL_S)


def succeeds(command: Sequence[str], limit_s: float) -> bool:
    """Run *command* quietly; False when it fails or takes longer than *limit_s*."""
    try:
        done = subprocess.run(  # noqa: S603 - programs of this machine, named above
            command,
            timeout=limit_s,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def say(text: str) -> None:
    """Print one line."""
    sys.stdout.write(f"Chromium: {text}\n")
    sys.stdout.flush()


WAYS: dict[str, Callable[[], None]] = {
    "Playwright's download": download,
    "the system's package": package,
}

if __name__ == "__main__":
    sys.exit(main())
