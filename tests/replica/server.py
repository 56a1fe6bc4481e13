"""The base of every stand-in: listens on loopback, logs, plays faults, takes control calls."""

import asyncio
import dataclasses
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.replica.faults import Fault, Faults
from tests.replica.http import (
    Connection,
    CutError,
    Request,
    Response,
    json_response,
    send_response,
)
from tests.replica.log import Transfer, TransferLog

CONTROL = "/_replica/"
"""Paths below are for the tests; they are neither logged nor met by faults."""


class Site:
    """One site on a port of its own: ``async with Site() as site: site.origin``.

    A subclass overrides `respond`, and adds its own calls to `controls`.
    """

    def __init__(
        self, port: int = 0, *, log_file: Path | None = None, backoff_s: float = 60
    ) -> None:
        """Listen on *port* of 127.0.0.1 (0: any free one) once entered."""
        self.port = port
        self.log = TransferLog(backoff_s, log_file)
        self.faults = Faults()
        self.controls: dict[str, Callable[[Any], Awaitable[object]]] = {
            "log": self._control_log,
            "state": self._control_state,
            "wait": self._control_wait,
            "faults": self._control_faults,
            "reset": self._control_reset,
            "release": self._control_release,
        }
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._serve, self._connections), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and end what is still open."""
        if self._server:
            self._server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.end("rst")
        for connection in connections:
            await connection.closed()
        if self._server:
            await self._server.wait_closed()

    async def respond(self, request: Request) -> Response:
        """Override: the site's own answer to *request*."""
        return json_response({"error": "Not found", "path": request.path}, 404)

    async def _serve(self, request: Request, connection: Connection) -> None:
        connection.control = request.path.startswith(CONTROL)
        if connection.control:
            response = await self._control(request)
            await send_response(connection, request, response, lambda _: None)
            return
        transfer = self.log.begin(request)
        complete = False
        try:
            await self._transfer(request, connection, transfer)
            complete = True
        except CutError as cut:
            connection.end(cut.how)
        finally:
            # Whoever has the last byte may ask again before this process comes to this line.
            self.log.finish(transfer, connection.wrote_at if complete else None)

    async def _transfer(self, request: Request, connection: Connection, transfer: Transfer) -> None:
        def sent(piece: bytes) -> None:
            transfer.add(piece)
            self.log.changed()

        response = await self.respond(request)
        if fault := self.faults.take(request):
            transfer.fault = fault.kind
            response = await fault.apply(response, self.faults.released)
        transfer.status = response.status
        await send_response(connection, request, response, sent)

    async def _control(self, request: Request) -> Response:
        control = self.controls.get(request.path.removeprefix(CONTROL))
        if control is None:
            return json_response({"error": f"controls: {', '.join(self.controls)}"}, 404)
        try:
            return json_response(await control(json.loads(request.body or b"null")))
        except (LookupError, TypeError, ValueError) as error:
            return json_response({"error": repr(error)}, 400)

    async def _control_log(self, _: object) -> object:
        return [transfer.as_json() for transfer in self.log.transfers]

    async def _control_state(self, _: object) -> object:
        return {
            "site": type(self).__name__,
            "pid": os.getpid(),
            "origin": self.origin,
            "transfers": len(self.log.transfers),
            "max_overlap": self.log.max_overlap,
            "violations": [t.as_json() for t in self.log.violations],
            "open": [t.as_json() for t in self.log.open],
            "faults": [dataclasses.asdict(fault) for fault in self.faults.waiting],
        }

    async def _control_wait(self, value: Mapping[str, int]) -> object:
        """Wait until that many transfers have begun and ended, and the open ones have sent."""

        def reached(log: TransferLog) -> bool:
            begun = len(log.transfers)
            ended = begun - len(log.open)
            sent = sum(t.sent for t in log.open)
            return (
                begun >= value.get("begun", 0)
                and ended >= value.get("ended", 0)
                and sent >= value.get("sending", 0)
            )

        await self.log.until(reached)
        return await self._control_state(None)

    async def _control_faults(self, value: list[dict[str, Any]] | None) -> object:
        """Add a list of faults; null clears."""
        if value is None:
            self.faults.clear()
        else:
            self.faults.waiting += [Fault(**fault) for fault in value]
        return {"waiting": len(self.faults.waiting)}

    async def _control_release(self, _: object) -> object:
        """Let go on what stalls now, and let nothing stall that is still to come."""
        self.faults.clear()
        self.faults.release()
        return None

    async def _control_reset(self, _: object) -> object:
        """End all transfers with a reset."""
        connections = [c for c in self._connections if not c.control]
        for connection in connections:
            connection.end("rst")
        return {"ended": len(connections)}


class StaticSite(Site):
    """Serves bytes by path, everything else is a 404."""

    def __init__(self, pages: Mapping[str, bytes], content_type: str = "text/html") -> None:
        """Serve *pages*: path to body."""
        super().__init__()
        self.pages = pages
        self.content_type = content_type

    async def respond(self, request: Request) -> Response:
        """Answer from the pages."""
        if request.path not in self.pages:
            return json_response({"error": "Not found"}, 404)
        return Response(self.pages[request.path], headers={"Content-Type": self.content_type})
