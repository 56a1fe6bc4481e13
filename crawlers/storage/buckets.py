"""Administration of the stores: make them ready, and say whether they are. Bytes move elsewhere.

Every answer is read back and compared with what was asked: some servers accept what they ignore.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from crawlers.config import Config
from crawlers.errors import BackupError, RawStoreError
from crawlers.storage.backups.shelf import Shelf
from crawlers.storage.lifecycles import OF_BACKUPS, OF_RAW, Bucket, Lifecycle, code_of
from crawlers.storage.object_stores import folder_of
from crawlers.storage.raw import RawStore, raw_store_for, raw_url
from crawlers.storage.refusals import REASONS

LEAST_FREE_BYTES = 1024**3

STATUSES = {
    "301": "the bucket is in another region: set AWS_REGION",
    "403": "wrong credentials, or they may not do that",
    "404": "the bucket does not exist",
}
"""All that the answer to a HEAD request says."""


class Finding(NamedTuple):
    """One line of a report: what was looked at, whether it is as it should be, how it is."""

    name: str
    good: bool
    detail: str


class Place(NamedTuple):
    """A store: its address, the lifecycle of its bucket, and what tries to write to it."""

    url: str
    lifecycle: Lifecycle
    check_writes: Callable[[], list[Finding]]


def set_up(config: Config) -> list[Finding]:
    """Make the configured stores ready, then report on them as `check` does."""
    return _reports(config, is_setup=True)


def check(config: Config) -> list[Finding]:
    """Report on the configured stores. Writes nothing but probes."""
    return _reports(config, is_setup=False)


def _reports(config: Config, *, is_setup: bool) -> list[Finding]:
    raw = Place(raw_url(config), OF_RAW, lambda: _check_writes(raw_store_for(config)))
    found = _report(config, raw, is_setup=is_setup)
    if config.backup_store_url:  # else a folder, which is made with the first backup
        backups = Place(config.backup_store_url, OF_BACKUPS, lambda: _check_shelf(config))
        for one in _report(config, backups, is_setup=is_setup):
            found.append(one._replace(name=f"backup {one.name}"))
    return found


def _report(config: Config, place: Place, *, is_setup: bool) -> list[Finding]:
    if folder := folder_of(place.url):
        if is_setup:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _check_folder(folder, place)
    with closing(_client(config)) as client:
        bucket = Bucket(client, place.url, place.lifecycle)
        steps = {
            "bucket": bucket.make if is_setup else bucket.find,
            "public access": bucket.close_to_public if is_setup else bucket.compare_public,
            "lifecycle": bucket.set_lifecycle if is_setup else bucket.compare_lifecycle,
        }
        return [*_run(steps), *place.check_writes()]


def _run(steps: dict[str, Callable[[], str]]) -> Iterator[Finding]:
    """Take the steps in order; without the bucket there are no others."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - start-up

    for name, step in steps.items():
        try:
            yield Finding(name, good=True, detail=step())
        except (BotoCoreError, ClientError, RawStoreError) as error:
            yield Finding(name, good=False, detail=_reason(error))
            if name == "bucket":
                return


def _check_writes(store: RawStore) -> list[Finding]:
    try:
        honoured = asyncio.run(store.probe())
    except RawStoreError as error:
        return [Finding("write", good=False, detail=str(error))]
    detail = "honoured" if honoured else "ignored by this server: equal content is written again"
    return [
        Finding("write", good=True, detail="the probe was written"),
        Finding("conditional writes", good=True, detail=detail),
    ]


def _check_shelf(config: Config) -> list[Finding]:
    try:
        asyncio.run(Shelf(config).probe())
    except BackupError as error:
        return [Finding("write", good=False, detail=str(error))]
    return [Finding("write", good=True, detail="the probe was written")]


def _check_folder(folder: Path, place: Place) -> list[Finding]:
    if not folder.is_dir():
        return [Finding("folder", good=False, detail=f"{folder} is missing: scrapy storage setup")]
    mode, free = folder.stat().st_mode & 0o777, shutil.disk_usage(folder).free
    return [
        Finding("folder", good=True, detail=str(folder)),
        Finding("permission", good=not mode & 0o022, detail=f"mode {mode:o}"),
        Finding("space", good=free >= LEAST_FREE_BYTES, detail=f"{free / 1024**3:.1f} GiB free"),
        *place.check_writes(),
    ]


def _client(config: Config) -> Any:
    try:
        import boto3  # noqa: PLC0415 - start-up
        from botocore.config import Config as Options  # noqa: PLC0415 - start-up
    except ImportError:
        raise RawStoreError("boto3 is missing: pip install crawlers[s3]") from None
    options = Options(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "max_attempts": 3},
        # Some servers refuse the checksums that boto3 adds by itself.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if config.aws_endpoint_url else {},
    )
    return boto3.client(
        "s3",
        endpoint_url=config.aws_endpoint_url,
        region_name=config.aws_region,
        config=options,
    )


def _reason(error: Exception) -> str:
    code = code_of(error) if hasattr(error, "response") else ""
    if code:
        return STATUSES.get(code) or REASONS.get(code) or f"the server says {code}"
    return str(error).partition("\n")[0]
