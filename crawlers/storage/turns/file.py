"""The file lock of a serial turn: one user's crawls on one machine, whatever their database."""

import fcntl
import hashlib
import json
import os
import stat
from contextlib import suppress
from pathlib import Path

from crawlers.clocks import boot_now
from crawlers.errors import StorageError
from crawlers.storage.turns.times import TurnTimes

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STATE_BYTES = 256


def lock_folder() -> Path:
    """Return the folder of this user's locks.

    A fixed place: XDG_RUNTIME_DIR and TMPDIR differ between a login, cron and a service, and two
    crawls that look into different folders do not see each other.
    """
    return Path("/tmp") / f"crawlers-{os.geteuid()}"  # noqa: S108 - owner and mode are checked


def boot_id() -> str:
    """Name this run of the machine's kernel: boot times of another one mean nothing."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class TurnFile:
    """An flock with a state: until when a dead holder's request may live, and the back-off.

    The state survives the end of the process, not of the machine: no fsync is needed, because a
    machine that went down has no request open.
    """

    def __init__(self, limit_key: str, times: TurnTimes, folder: Path | None = None) -> None:
        """Name the file after *limit_key* in *folder*, by default `lock_folder`."""
        digest = hashlib.sha256(limit_key.encode()).hexdigest()[:32]
        self._folder = folder or lock_folder()
        self._name = f"serial-{digest}"
        self._times = times
        self._boot = boot_id()
        self._handle = -1
        self._open_until = 0.0
        self._not_before = 0.0
        self.previous_s = 0.0
        """The back-off that the last turn had set, 0 if it set none."""

    def lock(self) -> bool:
        """Take the lock if it is free, and read the state. Raise StorageError if it is unsafe."""
        folder = self._open_folder()
        try:
            handle = os.open(
                self._name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=folder
            )
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # A cleaner of temporary files may have removed it since it was opened.
                current = os.stat(self._name, dir_fd=folder, follow_symlinks=False)
                if current.st_ino != os.fstat(handle).st_ino:
                    raise FileNotFoundError(self._name)  # noqa: TRY301 - one way out
            except (BlockingIOError, FileNotFoundError):
                os.close(handle)
                return False
        except OSError as error:
            raise StorageError(f"the lock file in {self._folder}: {error.strerror}") from error
        finally:
            os.close(folder)
        self._handle = handle
        self._read()
        return True

    def wait_s(self) -> float:
        """Return how long to wait, in seconds: 0 or less when a request may be sent."""
        return max(self._open_until, self._not_before) - boot_now()

    def begin(self, deadline: float) -> None:
        """Write down, before sending, that a request may live until *deadline* (boot time)."""
        self._open_until = deadline + self._times.margin_s
        self._write()

    def finish(self, wait_s: float, backoff_s: float) -> None:
        """Write down that the request has ended; the next may be sent in *wait_s*."""
        self._open_until = 0.0
        self._not_before = max(self._not_before, boot_now() + wait_s)
        self.previous_s = backoff_s
        self._write()

    def unlock(self) -> None:
        """Give the lock back, if it is held."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _open_folder(self) -> int:
        """Open the folder, which must be ours alone, and no link to somewhere else."""
        try:
            with suppress(FileExistsError):
                self._folder.mkdir(mode=0o700)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise StorageError(f"{self._folder} is not a folder of ours") from error
        found = os.fstat(folder)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            os.close(folder)
            raise StorageError(f"{self._folder} must belong to us, with mode 0700")
        return folder

    def _read(self) -> None:
        text = os.pread(self._handle, STATE_BYTES, 0)
        self._open_until = self._not_before = self.previous_s = 0.0
        if not text:
            return
        try:
            state = json.loads(text)
            if state["boot"] == self._boot:
                self._open_until = float(state["open_until"])
                self._not_before = float(state["not_before"])
                self.previous_s = float(state["backoff_s"])
        except (ValueError, LookupError, TypeError):
            # Somebody's accident: assume the worst, once.
            self.begin(boot_now() + self._times.deadline_s)

    def _write(self) -> None:
        state = {
            "boot": self._boot,
            "open_until": self._open_until,
            "not_before": self._not_before,
            "backoff_s": self.previous_s,
        }
        # One write of one size: a kill leaves the old state or the new one.
        os.pwrite(self._handle, json.dumps(state).encode().ljust(STATE_BYTES), 0)
