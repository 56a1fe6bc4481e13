"""One engine: a process that speaks UCI, and may hang, die or answer rubbish."""

import asyncio
import logging
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import chess
from chess.engine import (
    EngineError,
    EngineTerminatedError,
    InfoDict,
    UciProtocol,
)
from chess.engine import Limit as SearchLimit

from crawlers.evaluations import Engine, Evaluation, Limit, Score

START_S = 20.0
SLOWEST_NODES_S = 10_000
"""Nodes in a second on a machine so busy that a search may still count as one that goes on."""
SPARE_S = 10.0
DEEP_S = 600.0
"""So long a search to a depth may take."""
END_S = 5.0
LINE_MAX = 1024 * 1024
"""Bytes of one line that an engine says; what is longer is no answer."""
CP_MAX = 100_000
"""No engine counts so many centipawns."""
TROUBLES = (EngineError, OSError, TimeoutError, ValueError)
"""What comes of an engine that does not do what UCI says."""

# It tells of each odd line with a traceback; what matters of it arrives as an exception.
logging.getLogger("chess.engine").setLevel(logging.CRITICAL)


class Bounded(UciProtocol):
    """Ends an engine that says what it must not, and keeps the *fault*."""

    fault: str | None = None
    _is_killed = False

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        """Take what the engine says."""
        with suppress(asyncio.InvalidStateError):  # nobody waits for the answer any more
            super().pipe_data_received(fd, data)
        if len(self.buffer[fd]) > LINE_MAX:
            self.end("it says a line without an end")

    def end(self, fault: str) -> None:
        """End the engine for its *fault*: whoever waits for it is told."""
        self.fault = fault
        self.kill()

    def kill(self) -> None:
        """Kill the engine.

        Closing its transport first would ask whether it lives, and take the answer from asyncio's
        own watcher of children, which then warns of an unknown one.
        """
        if self.transport is None:
            return
        self._is_killed = True
        if self.transport.get_returncode() is not None:
            self.transport.close()
            return
        with suppress(ProcessLookupError):  # it has just died
            os.kill(self.transport.get_pid(), signal.SIGKILL)

    def process_exited(self) -> None:
        """Let go of the pipes of one that was killed, whoever else has them."""
        super().process_exited()
        if self._is_killed and self.transport is not None:
            self.transport.close()


class EngineProcess:
    """An engine on one core, with *hash_mb* of memory for what it remembers while it searches.

    It forgets everything before each search, so that the answer depends on the position and the
    limit alone: not on what was analysed before, nor on which of several engines was asked.
    """

    def __init__(self, path: Path, hash_mb: int, spare_s: float = SPARE_S) -> None:
        """Start the program at *path* later, when it is first needed.

        A search may take *spare_s* longer than the slowest machine would need for its nodes.
        """
        self._path = path
        self._hash_mb = hash_mb
        self._spare_s = spare_s
        self._protocol: Bounded | None = None

    async def start(self) -> Bounded:
        """Start it unless it runs. Raises one of `TROUBLES`."""
        if self._protocol is None:
            async with asyncio.timeout(START_S):
                self._protocol = await self._started()
        return self._protocol

    async def _started(self) -> Bounded:
        # A session of its own: Ctrl-C in a terminal is for us, who end it. It gets no variables,
        # of which some are secrets.
        _, protocol = await Bounded.popen(
            str(self._path), setpgrp=True, stderr=asyncio.subprocess.DEVNULL, env={}
        )
        try:
            await protocol.initialize()
            wanted = {"Threads": 1, "Hash": self._hash_mb}
            options = {name: one for name, one in wanted.items() if name in protocol.options}
            await protocol.configure(options)
            await protocol.ping()
        except BaseException:
            await _end(protocol)
            raise
        return protocol

    async def identity(self) -> Engine:
        """Return what it calls itself. Raises one of `TROUBLES`."""
        words = (await self.start()).id.get("name", self._path.name).split()
        *name, version = words if len(words) > 1 else [*words, ""]
        return Engine(" ".join(name), version)

    async def variants(self) -> frozenset[str]:
        """Return the variants that it plays, by UCI. Raises one of `TROUBLES`."""
        options = (await self.start()).options
        found = (
            {"chess", *(options["UCI_Variant"].var or ())}
            if "UCI_Variant" in options
            else {"chess"}
        )
        return frozenset(found | ({"chess960"} if "UCI_Chess960" in options else set()))

    async def evaluate(self, board: chess.Board, limit: Limit) -> Evaluation:
        """Search a position in which a move can be made. Raises one of `TROUBLES`."""
        protocol = await self.start()
        is_by_nodes = limit.kind == "nodes"
        most_s = self._spare_s + limit.value / SLOWEST_NODES_S if is_by_nodes else DEEP_S
        search = SearchLimit(**{limit.kind: limit.value})
        answer = asyncio.create_task(_answer(protocol, board, search))
        either: set[asyncio.Future[Any]] = {answer, protocol.returncode}
        try:
            await asyncio.wait(either, timeout=most_s, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
        except EngineTerminatedError:
            raise EngineTerminatedError(protocol.fault or "it died") from None
        finally:
            answer.cancel()
        if protocol.returncode.done():
            raise EngineTerminatedError(protocol.fault or "it died")
        raise TimeoutError(f"it did not answer within {most_s:.0f} s")

    async def close(self) -> None:
        """End it at once: it has nothing to lose."""
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            await _end(protocol)


async def _end(protocol: Bounded) -> None:
    """Kill the engine, and wait until it is gone: the loop may end right after."""
    protocol.kill()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(protocol.returncode), END_S)


async def _answer(protocol: UciProtocol, board: chess.Board, limit: SearchLimit) -> Evaluation:
    """Return the last thing that the engine was sure of. Raises ValueError for nonsense."""
    last, nodes = InfoDict(), 0
    with await protocol.analysis(board, limit, game=object()) as analysis:
        async for info in analysis:
            nodes = info.get("nodes", nodes)
            is_bound = info.get("lowerbound") or info.get("upperbound")
            if "score" in info and not is_bound:
                last = info
        await analysis.wait()
    if "score" not in last:
        raise ValueError("it gave no score")
    score = last["score"].white()
    cp, mate = score.score(), score.mate()
    if (cp is None) == (not mate) or abs(cp or 0) > CP_MAX:
        raise ValueError("its score is none that a position can have")
    return Evaluation(Score(cp, mate), tuple(map(str, last.get("pv", []))), nodes)


def end_on_nonsense(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """End an engine whose last word was no legal move.

    For `loop.set_exception_handler`: the library raises that where nobody can catch it. It also
    tells of engines that ended while nobody waited for them any more.
    """
    protocol = context.get("protocol")
    if isinstance(protocol, Bounded):
        protocol.end(f"it answers nonsense: {context.get('exception')}")
    elif not isinstance(context.get("exception"), EngineTerminatedError):
        loop.default_exception_handler(context)
