"""A site whose pages are numbers, some of which are held back until a test lets them go."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class NumberSite(ThreadingHTTPServer):
    """``/7`` sends 7; from ``/100`` on, once `gate` is open."""

    daemon_threads = True
    gate: Event

    @property
    def origin(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Sends numbers."""

    server: NumberSite

    def do_GET(self) -> None:
        """Send what the path says."""
        name = self.path.strip("/")
        if name.isdigit() and int(name) >= 100:
            self.server.gate.wait(600)
        self.send_response(200 if name.isdigit() else 404)
        body = name.encode() if name.isdigit() else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def number_site() -> Iterator[NumberSite]:
    """Serve on a free port."""
    with NumberSite(("127.0.0.1", 0), Handler) as one:
        one.gate = Event()
        thread = Thread(target=one.serve_forever)
        thread.start()
        try:
            yield one
        finally:
            one.gate.set()
            one.shutdown()
            thread.join()
