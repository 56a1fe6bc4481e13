"""A bucket: made, closed to the public, given rules. What was asked for is read back."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from crawlers.errors import RawStoreError

Rule = dict[str, Any]

UPLOAD_DAYS = 1
CLOSED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
UNSUPPORTED = {"NotImplemented", "MethodNotAllowed", "XNotImplemented"}


class Lifecycle(NamedTuple):
    """What ends by itself: objects *below* the address after so many *days*, and *uploads*.

    *name* and *uploads* are parts of the names of rules.
    """

    name: str
    uploads: str
    below: str
    days: int


OF_RAW: Final = Lifecycle("tmp", "uploads", "tmp/", 7)
OF_BACKUPS: Final = Lifecycle("backups", "backup-uploads", "backup/v1/", 7)


class Bucket:
    """A bucket and the part of it that is ours. Methods return a detail or raise RawStoreError."""

    def __init__(self, client: Any, url: str, lifecycle: Lifecycle) -> None:
        """Administrate the bucket of *url* by *client*; objects below it have a *lifecycle*."""
        parts = urlsplit(url)
        self._lifecycle = lifecycle
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
            if code_of(error) not in {"404", "NoSuchBucket"}:
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
        others = [rule for rule in self._present() if rule.get("ID") not in ours]
        self.client.put_bucket_lifecycle_configuration(
            Bucket=self.name, LifecycleConfiguration={"Rules": [*others, *self._rules()]}
        )
        return self.compare_lifecycle()

    def compare_lifecycle(self) -> str:
        """Return what our rules do, if the bucket has them as they should be."""
        there = {rule.get("ID"): _essence(rule) for rule in self._present()}
        for rule in self._rules():
            if there.get(rule["ID"]) != _essence(rule):
                raise RawStoreError(f"rule {rule['ID']!r} is not there as it should be")
        days = f"{self._lifecycle.days} days, unfinished uploads after {UPLOAD_DAYS}"
        return f"{self._lifecycle.below} ends after {days}"

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
            if code_of(error) not in UNSUPPORTED:
                raise
            return "this server has no such switch"

    def _present(self) -> list[Rule]:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - start-up

        try:
            answer = self.client.get_bucket_lifecycle_configuration(Bucket=self.name)
        except ClientError as error:
            if code_of(error) != "NoSuchLifecycleConfiguration":
                raise
            return []
        return list(answer.get("Rules", []))

    def _rules(self) -> list[Rule]:
        below = f"{self.prefix}/" if self.prefix else ""
        return [
            {
                "ID": f"crawlers-{self._lifecycle.name}:{below}",
                "Status": "Enabled",
                "Filter": {"Prefix": f"{below}{self._lifecycle.below}"},
                "Expiration": {"Days": self._lifecycle.days},
            },
            {
                "ID": f"crawlers-{self._lifecycle.uploads}:{below}",
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


def code_of(error: Any) -> str:
    """Return the code of an error of boto3."""
    return str(error.response.get("Error", {}).get("Code", ""))
