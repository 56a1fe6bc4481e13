"""Those whom alerts reach: a webhook and a mailbox, as real servers on this machine."""

import email.message
import json
import socket
import threading
from asyncio import Server
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Webhook:
    """Takes webhooks. *statuses* are what it answers with next; otherwise 204."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.statuses: list[int] = []
        self.held = threading.Event()
        """Cleared: what is received is not answered."""
        self.held.set()
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.got.append((dict(self.headers), json.loads(body)))
                webhook.held.wait(60)
                self.send_response(webhook.statuses.pop(0) if webhook.statuses else 204)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """Where alerts are to go; the path is a secret."""
        return f"json://127.0.0.1:{self._server.server_port}/secret-path"

    @property
    def keys(self) -> list[str]:
        """The keys of what came, in its order."""
        return [headers["Idempotency-Key"] for headers, _ in self.got]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """All alerts that came."""
        return [one for _, body in self.got for one in body["alerts"]]

    def empty(self) -> Self:
        """Forget what came."""
        self.got.clear()
        self.statuses.clear()
        return self

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.held.set()
        self._server.shutdown()
        self._server.server_close()


class Dripping:
    """Takes one webhook, and answers without an end, with *drop* after *drop*."""

    def __init__(self, drop: bytes = b"x", pause_s: float = 0.2) -> None:
        """Listen on a free port."""
        self.count = 0
        self._drop, self._pause_s = drop, pause_s
        self.is_asked = threading.Event()
        self._ends = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._drip)

    @property
    def address(self) -> str:
        """Where alerts are to go."""
        return f"json://127.0.0.1:{self._server.getsockname()[1]}/"

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.end()
        self._server.close()
        self._thread.join()

    def end(self) -> None:
        """Cut the connection."""
        self._ends.set()

    def _drip(self) -> None:
        connection, _ = self._server.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
            self.is_asked.set()
            while not self._ends.wait(self._pause_s):
                connection.sendall(self._drop)
                self.count += len(self._drop)


class Mailbox:
    """Takes mail."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.got: list[email.message.Message] = []
        self._controller = _OnFreePort(self, hostname="127.0.0.1", port=0)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the name that is looked for
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.got.append(email.message_from_bytes(envelope.content))
        return "250 OK"

    @property
    def address(self) -> str:
        """Where alerts are to go."""
        people = "from=crawlers@example.org&to=me@example.org"
        return f"mailto://127.0.0.1:{self._controller.port}?{people}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._controller.stop()


class _OnFreePort(Controller):
    def _trigger_server(self) -> None:
        """Learn the port that was free, before the server is asked whether it answers."""
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
