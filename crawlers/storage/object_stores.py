"""The object stores of obstore, opened by their address: a folder, or S3."""

import atexit
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from obstore.store import ObjectStore


PATIENCE = timedelta(seconds=30)
"""For so long a server that is away, or says 5xx, is asked again."""


def opened(url: str, endpoint: str | None, retries: int) -> "ObjectStore":
    """Open the store at *url*; a folder is made when missing. Raises whatever obstore raises."""
    from obstore.store import LocalStore, S3Store  # noqa: PLC0415 - start-up

    if folder := folder_of(url):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder)
    plain = bool(endpoint and endpoint.startswith("http://"))
    return S3Store.from_url(
        url,
        config={"endpoint": endpoint} if endpoint else {},
        client_options={"allow_http": plain, "timeout": "2min"},
        retry_config={
            "max_retries": retries,
            "retry_timeout": PATIENCE,
            "backoff": {"base": 3, "max_backoff": timedelta(seconds=3)},
        },
    )


def folder_of(url: str) -> Path | None:
    """Return the folder of a ``file:`` address, None for any other."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


@atexit.register
def _settle() -> None:
    """Wait for threads of obstore that still hand a result to Python.

    Such a thread wakes the event loop before it is done itself. When the interpreter ends in
    between, the process is aborted, with everything stored and exit code -6.
    """
    ours = {thread.ident for thread in threading.enumerate()}
    end = time.monotonic() + 1
    while sys._current_frames().keys() - ours and time.monotonic() < end:  # noqa: SLF001 - documented
        time.sleep(0.001)
