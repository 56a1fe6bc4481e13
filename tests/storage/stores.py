"""Real S3 servers for the tests. Each one says on its own output which port it has got."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ANNOUNCED = re.compile(r"http://127\.0\.0\.1:\d+")
ACCESS_KEY, SECRET_KEY = "ACCESSKEY1", "SECRETKEY1"  # rclone refuses short ones


class Server(NamedTuple):
    """A running server: where it listens, and its process."""

    endpoint: str
    process: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that point any S3 client at it, with the right key."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@contextmanager
def moto() -> Iterator[Server]:
    """Run moto: right conditional writes and lifecycles, in memory, any key is good."""
    program = Path(sys.executable).with_name("moto_server")
    with _running([str(program), "-H", "127.0.0.1", "-p", "0"]) as server:
        yield server


@contextmanager
def rclone(folder: Path, address: str = "127.0.0.1:0") -> Iterator[Server]:
    """Serve the buckets in *folder*: checks signatures, keeps its data, ignores conditions."""
    program = Path(sys.executable).with_name("rclone")
    command = [str(program), "serve", "s3", "--addr", address, "--config", os.devnull]
    command += ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--vfs-cache-mode", "off", str(folder)]
    with _running(command) as server:
        yield server


@contextmanager
def _running(command: list[str]) -> Iterator[Server]:
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            said = ""
            while not (found := ANNOUNCED.search(said)):
                line = process.stderr.readline()
                assert line, f"{command[0]} ended: {said}"
                said += line
            # What it says later is little: it fits into the pipe.
            yield Server(found.group(), process)
        finally:
            process.kill()
