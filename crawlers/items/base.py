"""What every item is: a frozen, validated record with a table and an identity."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Immutable, strict about types and about fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Item(Record):
    """Something worth a row. One definition gives validation, JSON schema and columns.

    A field ``tuple[OtherItem, ...]`` holds rows that this item owns: they go to the other
    item's table, in the same transaction. Every other field is a column of `table`. An owned field
    may also be None: the page does not say.
    """

    table: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]
    merges: ClassVar[bool] = False
    """Several kinds of page each give a part of the row: a None leaves the stored value in place.

    Whether an observation is late is judged by the whole row, as for every item: the values of one
    as recent as the row's `checked_at` win, an older one only fills columns that are still null.
    """
    together: ClassVar[dict[str, tuple[str, ...]]] = {}
    """For an item that merges: columns that say nothing without another one.

    Whoever gives that one gives them all: those that he leaves out become null.
    """
    lasts: ClassVar[dict[str, tuple[str, ...]]] = {}
    """For an item that merges: columns that hold only as long as another one stays the same.

    Whoever gives that one another value gives them all, as with `together`.
    """
    hidden_by: ClassVar[dict[str, tuple[str, ...]]] = {}
    """For an item that merges: columns that are null as long as another one is true."""
    replaced_by: ClassVar[tuple[str, ...]] = ()
    """For an owned item: the columns that hold its owner's identity, in the owner's order.

    They are the first columns of its own identity. Stored rows which a newer sighting of the owner
    does not bring are deleted with it.
    """
    columns: ClassVar[tuple[str, ...]] = ()
    owned: ClassVar[dict[str, type["Item"]]] = {}
    """The fields that hold owned rows, each with the class of those."""
    replaces: ClassVar[dict[type["Item"], tuple[str, ...]]] = {}
    """The owned item classes with `replaced_by`, each with the fields that hold its rows."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Sort the fields into columns and owned rows, and check the identity."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.owned = {
            name: child
            for name, field in cls.model_fields.items()
            if (child := _owned(field.annotation))
        }
        cls.columns = tuple(name for name in cls.model_fields if name not in cls.owned)
        if missing := set(cls.identity) - set(cls.columns):
            raise TypeError(f"{cls.__name__}: identity names no column: {sorted(missing)}")
        if cls.replaced_by != cls.identity[: len(cls.replaced_by)]:
            raise TypeError(f"{cls.__name__}: its identity does not begin with its replaced_by")
        cls.replaces = {
            child: tuple(name for name, other in cls.owned.items() if other is child)
            for child in cls.owned.values()
            if child.replaced_by
        }
        for child in cls.replaces:
            if len(child.replaced_by) != len(cls.identity):
                raise TypeError(f"{child.__name__}.replaced_by is not {cls.__name__}'s identity")
            if cls.replaced_by:
                raise TypeError(f"{cls.__name__} is replaced itself: its owner owns the rest too")

    @property
    def key(self) -> tuple[Any, ...]:
        """The values that tell this item from every other of its table."""
        return tuple(getattr(self, name) for name in self.identity)

    def rows(self) -> Iterator["Item"]:
        """Yield this item and all that it owns, parents first."""
        yield self
        for name in self.owned:
            for child in getattr(self, name) or ():
                yield from child.rows()


def _owned(annotation: Any) -> type[Item] | None:
    """Return the item class in ``tuple[Child, ...]`` or ``tuple[Child, ...] | None``."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return next(filter(None, map(_owned, args)), None)
    is_child = origin is tuple and isinstance(args[0], type) and issubclass(args[0], Item)
    return args[0] if is_child else None


@dataclass(frozen=True, slots=True)
class Mark:
    """State of a source between crawls, committed with the harvest that yields it.

    *value* is plain JSON. Of two marks with one key, the later stays.
    """

    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Known:
    """Rows that are stored already and were not asked for again: they belong to the job, too.

    *values* are those of the first columns of the identity of *item_class*, in its order. With
    *unit* (a name) that is all there was to do for this unit. With *through* (a class, and fields
    of it) they are those of that class, whose fields are the identity of the rows that are meant.
    """

    item_class: type[Item]
    values: tuple[Any, ...]
    unit: str | None = None
    through: tuple[type[Item], tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What a page says of a unit that was asked for with others: how it ended.

    *status* is done, blocked or failed.
    """

    unit: str
    status: str
    reason: str | None = None


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
