"""Administration of the raw store: make it ready, and say whether it is. Bytes move elsewhere.

Every answer is read back and compared with what was asked: some servers accept what they ignore.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from crawlers.config import Config
from crawlers.errors import RawStoreError
from crawlers.storage.object_stores import folder_of
from crawlers.storage.raw import RawStore, raw_store_for, raw_url
from crawlers.storage.refusals import REASONS

Rule = dict[str, Any]

TMP_DAYS = 7
UPLOAD_DAYS = 1
LEAST_FREE_BYTES = 1024**3

CLOSED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
STATUSES = {
    "301": "the bucket is in another region: set AWS_REGION",
    "403": "wrong credentials, or they may not do that",
    "404": "the bucket does not exist",
}
"""All that the answer to a HEAD request says."""
UNSUPPORTED = {"NotImplemented", "MethodNotAllowed", "XNotImplemented"}


class Finding(NamedTuple):
    """One line of a report: what was looked at, whether it is as it should be, how it is."""

    name: str
    good: bool
    detail: str


def set_up(config: Config) -> list[Finding]:
    """Make the configured store ready, then report on it as `check` does."""
    if folder := folder_of(raw_url(config)):
        raw_store_for(config)  # makes the folder
        return _check_folder(folder, config)
    with closing(_client(config)) as client:
        place = _Bucket(client, raw_url(config))
        steps = {
            "bucket": place.make,
            "public access": place.close_to_public,
            "lifecycle": place.set_lifecycle,
        }
        return [*_run(steps), *_check_writes(raw_store_for(config))]


def check(config: Config) -> list[Finding]:
    """Report on the configured store. Writes nothing but the probe."""
    if folder := folder_of(raw_url(config)):
        return _check_folder(folder, config)
    with closing(_client(config)) as client:
        place = _Bucket(client, raw_url(config))
        steps = {
            "bucket": place.find,
            "public access": place.compare_public,
            "lifecycle": place.compare_lifecycle,
        }
        return [*_run(steps), *_check_writes(raw_store_for(config))]


class _Bucket:
    """A bucket and the part of it that is ours. Methods return a detail or raise RawStoreError."""

    def __init__(self, client: Any, url: str) -> None:
        parts = urlsplit(url)
        self.client = client
        self.name = parts.netloc.rpartition("@")[2]
        self.prefix = parts.path.strip("/")

    def find(self) -> str:
        """Return the bucket's name if it is there and ours to use."""
        self.client.head_bucket(Bucket=self.name)
        return self.name

    def make(self) -> str:
        """Create it unless it is there."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - start-up

        try:
            return f"{self.find()} was there"
        except ClientError as error:
            if _code(error) not in {"404", "NoSuchBucket"}:
                raise
        region = self.client.meta.region_name
        if region in {"us-east-1", "aws-global"}:  # the one region that must not be named
            self.client.create_bucket(Bucket=self.name)
        else:
            where = {"LocationConstraint": region}
            self.client.create_bucket(Bucket=self.name, CreateBucketConfiguration=where)
        return f"{self.find()} made"

    def close_to_public(self) -> str:
        """Refuse every public policy and list, where the server knows of such a thing."""
        return self._or_unsupported(self._close_to_public)

    def compare_public(self) -> str:
        """Return whether it is closed to the public."""
        return self._or_unsupported(self._compare_public)

    def set_lifecycle(self) -> str:
        """Add our rules to those of others, and read them back."""
        ours = {rule["ID"] for rule in self._rules()}
        others = [rule for rule in self._lifecycle() if rule.get("ID") not in ours]
        self.client.put_bucket_lifecycle_configuration(
            Bucket=self.name, LifecycleConfiguration={"Rules": [*others, *self._rules()]}
        )
        return self.compare_lifecycle()

    def compare_lifecycle(self) -> str:
        """Return what our rules do, if the bucket has them as they should be."""
        there = {rule.get("ID"): _essence(rule) for rule in self._lifecycle()}
        for rule in self._rules():
            if there.get(rule["ID"]) != _essence(rule):
                raise RawStoreError(f"rule {rule['ID']!r} is not there as it should be")
        return f"tmp/ ends after {TMP_DAYS} days, unfinished uploads after {UPLOAD_DAYS}"

    def _close_to_public(self) -> str:
        self.client.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=CLOSED)
        return self._compare_public()

    def _compare_public(self) -> str:
        answer = self.client.get_public_access_block(Bucket=self.name)
        if answer.get("PublicAccessBlockConfiguration") != CLOSED:
            raise RawStoreError("public access is not blocked")
        return "blocked"

    def _or_unsupported(self, step: Callable[[], str]) -> str:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - start-up

        try:
            return step()
        except ClientError as error:
            if _code(error) not in UNSUPPORTED:
                raise
            return "this server has no such switch"

    def _lifecycle(self) -> list[Rule]:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - start-up

        try:
            answer = self.client.get_bucket_lifecycle_configuration(Bucket=self.name)
        except ClientError as error:
            if _code(error) != "NoSuchLifecycleConfiguration":
                raise
            return []
        return list(answer.get("Rules", []))

    def _rules(self) -> list[Rule]:
        below = f"{self.prefix}/" if self.prefix else ""
        return [
            {
                "ID": f"crawlers-tmp:{below}",
                "Status": "Enabled",
                "Filter": {"Prefix": f"{below}tmp/"},
                "Expiration": {"Days": TMP_DAYS},
            },
            {
                "ID": f"crawlers-uploads:{below}",
                "Status": "Enabled",
                "Filter": {"Prefix": below},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UPLOAD_DAYS},
            },
        ]


def _essence(rule: Any) -> tuple[Any, ...]:
    """Return what a rule does, however the server likes to write it."""
    prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    expires = rule.get("Expiration", {}).get("Days")
    aborts = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    return rule.get("Status"), prefix, expires, aborts


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


def _check_folder(folder: Path, config: Config) -> list[Finding]:
    if not folder.is_dir():
        return [Finding("folder", good=False, detail=f"{folder} is missing: scrapy storage setup")]
    mode, free = folder.stat().st_mode & 0o777, shutil.disk_usage(folder).free
    return [
        Finding("folder", good=True, detail=str(folder)),
        Finding("permission", good=not mode & 0o022, detail=f"mode {mode:o}"),
        Finding("space", good=free >= LEAST_FREE_BYTES, detail=f"{free / 1024**3:.1f} GiB free"),
        *_check_writes(raw_store_for(config)),
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


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _reason(error: Exception) -> str:
    code = _code(error) if hasattr(error, "response") else ""
    if code:
        return STATUSES.get(code) or REASONS.get(code) or f"the server says {code}"
    return str(error).partition("\n")[0]
