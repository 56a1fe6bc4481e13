"""Run a stand-in: prints one JSON line with its address, ends on SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.replica.apify import ApifyReplica, ApifyWorld
from tests.replica.duelingbook import DuelingBookReplica, DuelWorld
from tests.replica.lichess import LichessReplica
from tests.replica.shopee import ShopeeReplica, ShopeeWorld
from tests.replica.tiktok_shop import TikTokShopReplica, TikTokShopWorld
from tests.replica.vlr import VlrReplica, VlrWorld
from tests.replica.world import World

SITES: dict[str, tuple[Any, Any]] = {
    "apify": (ApifyWorld, ApifyReplica),
    "duelingbook": (DuelWorld, DuelingBookReplica),
    "lichess": (World, LichessReplica),
    "tiktok_shop": (TikTokShopWorld, TikTokShopReplica),
    "shopee": (ShopeeWorld, ShopeeReplica),
    "vlr": (VlrWorld, VlrReplica),
}
"""What each site's world is, and what serves it."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.replica", description=__doc__)
    parser.add_argument("site", choices=sorted(SITES))
    parser.add_argument("--port", type=int, default=0, help="0, the default: any free one")
    parser.add_argument(
        "--world",
        type=_text,
        default="{}",
        metavar="JSON",
        help="fields of the site's world (such as tests/replica/world.py), as JSON or as @FILE",
    )
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="append each ended transfer as a JSON line"
    )
    parser.add_argument(
        "--backoff", type=float, default=60, metavar="S", help="seconds of silence due after a 429"
    )
    parser.add_argument("--warm", action="store_true", help="make all moves before serving")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    given = parser.parse_args()
    try:
        given.world = SITES[given.site][0].from_json(given.world)
    except (TypeError, ValueError) as error:
        parser.error(f"argument --world: {error}")
    return given


def _text(text: str) -> str:
    try:
        return Path(text[1:]).read_text() if text.startswith("@") else text
    except OSError as error:
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
    serve = SITES[given.site][1]
    site = serve(given.world, given.port, log_file=given.log, backoff_s=given.backoff)
    if given.warm and isinstance(site, LichessReplica):
        site.games.warm()
    async with site:
        about = {"site": given.site, "origin": site.origin, "pid": os.getpid()}
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
