"""An embedded PostgreSQL: one server for each home folder, shared by every process that uses it.

A user holds a shared lock on a file for as long as it uses the server. The kernel releases it,
however the process ends. Whoever leaves and gets that lock for itself is the last and stops the
server. A second lock makes sure that only one process starts it.
"""

import atexit
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawlers.errors import StorageError
from crawlers.storage.cluster import start, stop
from crawlers.storage.postmaster import answering, is_alive, postmaster_of, url_of
from crawlers.storage.system import cluster_folder, existing_cluster


class EmbeddedPostgres:
    """The server of one home folder. Not for use by several threads at once.

    The cluster is ``<home>/postgres/data``; as root ``<home>/postgres`` is a link
    (`crawlers.storage.system`).
    """

    def __init__(self, home: Path) -> None:
        """Use the server of *home*. Nothing is made or started before `url`."""
        self._home = home
        self._folder = home / "postgres"
        self._users: int | None = None
        self._process = 0

    def url(self) -> str:
        """Return a libpq address of the running server, started or joined. Blocks.

        Call it again when the server was lost. Raises StorageError.
        """
        try:
            self._enter()
            if answering(self._folder / "data") is None:
                with _locked(self._folder / "start.lock"):
                    start(self._folder)
            return url_of(self._folder / "data")
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise StorageError(f"embedded PostgreSQL in {self._home}: {error}") from error
            raise

    def pid(self) -> int | None:
        """Return the server's process id, or None while nobody answers."""
        server = answering(self._folder / "data")
        return server.pid if server else None

    def close(self) -> None:
        """Leave the server; the last one stops it. Also called when the interpreter ends."""
        if self._users is None:
            return
        users, self._users = self._users, None
        atexit.unregister(self.close)
        try:
            # After a fork the lock is the parent's as well: not ours to give up.
            if self._process == os.getpid() and _is_last(users):
                stop(self._folder / "data")
        finally:
            os.close(users)

    def _enter(self) -> None:
        if self._users is None:
            self._folder = cluster_folder(self._home)
            users = _opened(self._folder / "users.lock")
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for one who is just stopping the server
            self._users, self._process = users, os.getpid()
            atexit.register(self.close)


def drop(home: Path) -> None:
    """Remove the cluster of *home* with all its data; as root also the link to it.

    Stops nothing. That there is no cluster is no error. Raises StorageError while anybody uses
    it or its server runs, and for a link that was not made here. Then nothing is removed.
    """
    place = home / "postgres"
    folder = existing_cluster(home)
    try:
        if folder.is_dir():
            _remove(folder)
        if place.is_symlink():
            place.unlink()
    except OSError as error:
        raise StorageError(f"{place} could not be removed: {error}") from error


def _remove(folder: Path) -> None:
    users = _opened(folder / "users.lock")
    try:
        if not _is_last(users) or is_alive(postmaster_of(folder / "data"), folder / "data"):
            raise StorageError(f"the PostgreSQL in {folder} is in use: end what uses it first")
        shutil.rmtree(folder)
    finally:
        os.close(users)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _opened(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_last(users: int) -> bool:
    # Unlock first: of two who leave at once, one must find the other gone.
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":  # python -m crawlers.storage.embedded <home> ...: drop their clusters
    try:
        for argument in sys.argv[1:]:
            drop(Path(argument))
    except StorageError as error:
        sys.exit(str(error))
