"""What every item is: a frozen, validated record with a table and an identity."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Immutable, strict about types and about fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Item(Record):
    """Something worth a row. One definition gives validation, JSON schema and columns.

    A field ``tuple[OtherItem, ...]`` holds rows that this item owns: they go to the other
    item's table, in the same transaction. Every other field is a column of `table`.
    """

    table: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]
    columns: ClassVar[tuple[str, ...]] = ()
    owned: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Sort the fields into columns and owned rows, and check the identity."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.owned = tuple(
            name
            for name, field in cls.model_fields.items()
            if any(
                isinstance(arg, type) and issubclass(arg, Item)
                for arg in get_args(field.annotation)
            )
        )
        cls.columns = tuple(name for name in cls.model_fields if name not in cls.owned)
        if missing := set(cls.identity) - set(cls.columns):
            raise TypeError(f"{cls.__name__}: identity names no column: {sorted(missing)}")

    @property
    def key(self) -> tuple[Any, ...]:
        """The values that tell this item from every other of its table."""
        return tuple(getattr(self, name) for name in self.identity)

    def rows(self) -> Iterator["Item"]:
        """Yield this item and all that it owns, parents first."""
        yield self
        for name in self.owned:
            for child in getattr(self, name):
                yield from child.rows()


@dataclass(frozen=True, slots=True)
class Mark:
    """State of a source between crawls, committed with the harvest that yields it.

    *value* is plain JSON. Of two marks with one key, the later stays.
    """

    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Reject:
    """A part of a page that broke an assumption: kept in quarantine, the rest goes on."""

    place: str
    error: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Unknown:
    """A category value that the source's documentation does not name: kept, and counted."""

    category: str
    value: str
