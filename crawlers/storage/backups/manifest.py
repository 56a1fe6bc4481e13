"""What is written beside each dump: by it a backup is known, judged and compared."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from crawlers.errors import BackupError

PLACE = "backup/v1/"
"""Where all of it is, below the address of the store: nothing else of ours begins so."""
ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}")
"""When it began, to the microsecond: so names are in the order of time."""
DIGEST = r"^[0-9a-f]{64}$"
Count = Annotated[int, Field(ge=0)]


class Strict(BaseModel):
    """What is read from a store is as we write it, or no manifest of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableSum(Strict):
    """The number of rows of a table, and a sum over all of them in whatever order."""

    rows: Count
    checksum: str = Field(max_length=60)


class Manifest(Strict):
    """One backup. *size* and *sha256* are of the object, *dump_bytes* of what is packed in it."""

    project: Literal["crawlers"] = "crawlers"
    format: Literal[1] = 1
    id: str = Field(pattern=f"^{ID.pattern}$")
    started_at: AwareDatetime
    finished_at: AwareDatetime
    server_version: Count
    """As the server counts: 180004 is 18.4."""
    dump_version: Count
    """The major version of the ``pg_dump`` that wrote it."""
    revision: str = Field(max_length=32)
    dump_bytes: Count
    size: Count
    sha256: str = Field(pattern=DIGEST)
    roles: tuple[str, ...] = ()
    """Roles that grants and policies of the tables name."""
    tables: dict[str, TableSum]

    @classmethod
    def read(cls, identity: str, text: bytes) -> "Manifest":
        """Read what is stored for the backup *identity*. Raises BackupError."""
        try:
            found = cls.model_validate_json(text)
        except ValidationError:
            raise BackupError(f"the manifest of {identity} is damaged, or not of ours") from None
        if found.id != identity:
            raise BackupError(f"the manifest of {identity} is that of {found.id}")
        return found

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(table.rows for table in self.tables.values())


def new_id(now: datetime) -> str:
    """Return the name of a backup that begins *now*."""
    return f"{now:%Y%m%dT%H%M%SZ-%f}"


def manifest_key(identity: str) -> str:
    """Return the name of the object that holds the manifest."""
    return f"{PLACE}{identity}.json"


def dump_key(identity: str) -> str:
    """Return the name of the object that holds the dump."""
    return f"{PLACE}{identity}.dump.zst"


def identity_of(key: str) -> str | None:
    """Return the backup that the object *key* belongs to, None if it is not one of ours."""
    found = re.fullmatch(f"{re.escape(PLACE)}({ID.pattern})" + r"\.(json|dump\.zst)(#[0-9]+)?", key)
    return found[1] if found else None
