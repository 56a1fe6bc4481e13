"""A Scrapyd of the tests' own: a real one, which may be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import psutil

from tests.ports import held_port

USER, PASSWORD = "scrapyd", "hunter2"

CONFIG = """
[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
node_name = {name}
username = {user}
password = {password}
poll_interval = 0.2
max_proc = {size}
jobs_to_keep = 100
"""


class ScrapydServer:
    """One on a free port, with the folder *home* and at most *size* processes."""

    def __init__(self, home: Path, environment: Mapping[str, str], size: int = 2) -> None:
        """Start it. The crawls that it starts have *environment*."""
        home.mkdir()
        self.home = home
        self.name = f"node-{uuid4().hex[:8]}"
        self.port, self._held = held_port()
        values = {"port": self.port, "name": self.name, "size": size}
        config = CONFIG.format(user=USER, password=PASSWORD, **values)
        (home / "scrapyd.conf").write_text(config)
        self._environment = os.environ | dict(environment)
        self.started: set[int] = set()
        self.start()

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and the crawls that it has started."""
        self.stop()
        self._held.close()
        for pid in self.started:
            if psutil.pid_exists(pid):
                os.kill(pid, signal.SIGKILL)

    @property
    def url(self) -> str:
        """Its address, for SCRAPYD_URLS."""
        return f"http://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    @property
    def server(self) -> str:
        """The address without credentials, by which dispatchers call it."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and make sure that what answers is what was started."""
        with (self.home / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scrapyd"],
                cwd=self.home,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        ends = time.monotonic() + 60
        while True:
            try:
                found = self.ask("daemonstatus")
                break
            except httpx.TransportError:
                if time.monotonic() > ends or self.process.poll() is not None:
                    raise
                time.sleep(0.05)
        assert found["node_name"] == self.name

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it by a signal. Its crawls go on."""
        self.started |= {child.pid for child in psutil.Process(self.process.pid).children()}
        self.process.send_signal(how)
        self.process.wait(60)

    def ask(self, name: str, **options: Any) -> dict[str, Any]:
        """Call ``name.json``: GET, or POST where there is a form in *options*."""
        method = "POST" if "data" in options else "GET"
        address = f"http://127.0.0.1:{self.port}/{name}.json"
        answer = httpx.request(
            method, address, auth=(USER, PASSWORD), timeout=60, trust_env=False, **options
        )
        found: dict[str, Any] = answer.json()
        return found

    def deploy(self, egg: Path, version: str = "1") -> dict[str, Any]:
        """Add *egg* as the project ``crawlers``."""
        form = {"project": "crawlers", "version": version}
        return self.ask("addversion", data=form, files={"egg": egg.read_bytes()})

    def running(self) -> list[int]:
        """Return the processes of its crawls."""
        return [one["pid"] for one in self.ask("listjobs")["running"]]
