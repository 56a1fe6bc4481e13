"""What ``scrapy backup`` does with each of its words."""

import sys

from crawlers.commands.common import fail
from crawlers.config import Config
from crawlers.errors import BackupError
from crawlers.storage.backups.dumping import back_up
from crawlers.storage.backups.manifest import Manifest
from crawlers.storage.backups.restoring import Verified, restore, verify
from crawlers.storage.backups.shelf import Kept, Shelf
from crawlers.terminal.screen import console, grid
from crawlers.verdict import Exit

MEGA = 1_000_000


async def act(config: Config, word: str, identity: str | None, *, overwrite: bool) -> Exit:
    """Do what *word* says, and return the exit code. Raises BackupError."""
    shelf = Shelf(config)
    if word == "run":
        _say_made(await back_up(config, shelf))
        await _prune(shelf)
    elif word == "list":
        _show(await shelf.all(), shelf.url)
    elif word == "verify":
        return _say_verified(await verify(config, shelf, identity))
    else:
        manifest = await restore(config, shelf, identity, overwrite=overwrite)
        print(f"{manifest.id} is restored: {_rows(manifest)} are as they were backed up")
    return Exit.COMPLETED


async def _prune(shelf: Shelf) -> None:
    """Remove what is too old. The backup is made and counts, also where that may not be done."""
    try:
        for gone in await shelf.prune():
            print(f"{gone} was too old, and is removed")
    except BackupError as error:
        print(f"scrapy backup: older ones could not be removed: {error}", file=sys.stderr)


def _say_made(manifest: Manifest) -> None:
    seconds = (manifest.finished_at - manifest.started_at).total_seconds()
    share = f"{_size(manifest.dump_bytes)} as {_size(manifest.size)}"
    print(f"{manifest.id} is made: {_rows(manifest)}, {share} in {seconds:,.1f} s")


def _say_verified(found: Verified) -> Exit:
    manifest = found.manifest
    if not found.wrong:
        where = f"restored {found.where}"
        print(f"{manifest.id} is good: {where}, {_rows(manifest)} are as they were")
        return Exit.COMPLETED
    for line in found.wrong:
        print(line)
    return fail("backup", f"{manifest.id} is not what was backed up", Exit.FAILED)


def _show(kept: list[Kept], url: str) -> None:
    if not kept:
        print(f"There is no backup in {url}. To make one: scrapy backup run")
        return
    table = grid(["backup", "made (UTC)", "schema", "state"], ["tables", "rows", "size"])
    for one in kept:
        found = one.manifest
        table.add_row(
            one.id,
            f"{found.finished_at if found else one.modified_at:%Y-%m-%d %H:%M:%S}",
            found.revision if found else "",
            one.problem or "good",
            f"{len(found.tables):,}" if found else "",
            f"{found.rows:,}" if found else "",
            _size(one.size),
        )
    console().print(table)


def _rows(manifest: Manifest) -> str:
    return f"{manifest.rows:,} rows in {len(manifest.tables)} tables"


def _size(count: int) -> str:
    return f"{count / MEGA:,.1f} MB"
