"""Run a stand-in: prints one JSON line with its address, ends on SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from tests.replica.lichess import LichessReplica
from tests.replica.world import World


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.replica", description=__doc__)
    parser.add_argument("site", choices=["lichess"])
    parser.add_argument("--port", type=int, default=0, help="0, the default: any free one")
    parser.add_argument(
        "--world",
        type=_world,
        default=World(),
        metavar="JSON",
        help="fields of World (see tests/replica/world.py), as JSON or as @FILE",
    )
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="append each ended transfer as a JSON line"
    )
    parser.add_argument(
        "--backoff", type=float, default=60, metavar="S", help="seconds of silence due after a 429"
    )
    parser.add_argument("--warm", action="store_true", help="make all moves before serving")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    return parser.parse_args()


def _world(text: str) -> World:
    try:
        return World.from_json(Path(text[1:]).read_text() if text.startswith("@") else text)
    except (OSError, TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


async def main() -> None:
    """Serve until told to stop."""
    given = arguments()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if given.until_eof:
        loop.add_reader(sys.stdin, stop.set)
    site = LichessReplica(given.world, given.port, log_file=given.log, backoff_s=given.backoff)
    if given.warm:
        site.games.warm()
    async with site:
        about = {"site": given.site, "origin": site.origin, "pid": os.getpid()}
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
