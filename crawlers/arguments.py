"""Arguments of spiders: what ``-a name=value`` may say, and how it is read."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)


def comma_separated(value: Any) -> Any:
    """Split ``a,b,c`` into its parts, without empty ones."""
    return (
        tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value
    )


def _origin(value: str) -> str:
    parts = urlsplit(value)
    extra = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or extra:
        raise ValueError("expected scheme://host[:port]")
    _ = parts.port  # raises ValueError for one that is none
    return value.rstrip("/")


CommaSeparated = Annotated[tuple[str, ...], BeforeValidator(comma_separated)]

Origin = Annotated[str, AfterValidator(_origin)]

JobName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def listed(name: str, path: Any) -> list[str]:
    """Return the lines of the file that the argument *name* names, without those that begin with #.

    Raises ValueError, in one line, for one that cannot be read.
    """
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ValueError(f"cannot read {name} {path}: {why}") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


class SourceArguments(BaseModel):
    """What ``-a name=value`` may say to every spider.

    Where there is a field ``things_file`` beside ``things``, what the file lists, one a line, is
    added to what the command line lists.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    units: ClassVar[tuple[str, ...]] = ()
    """The fields whose values are the units of a job: each is one thing to do, by one seed."""

    origin: Origin | None = Field(None, description="another address of the site, for replicas")
    job: JobName | None = Field(
        None, description="the name of a job: with REDIS_URL several workers may share it"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        for field in cls.model_fields:
            name = field.removesuffix("_file")
            if name != field and (path := data.get(field)):
                given = comma_separated(data.get(name, ""))
                data = data | {name: (*given, *listed(field, path))}
        return data

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_flag(cls, value: Any, info: ValidationInfo) -> Any:
        wanted = cls.model_fields[info.field_name or ""].annotation
        if isinstance(value, bool) and bool not in {wanted, *get_args(wanted)}:
            raise ValueError("it is neither true nor false")
        return value

    def plain(self) -> dict[str, Any]:
        """Return what was given, as JSON, without the job: equal for all workers of one.

        What a file lists is in it, so that a worker on another machine needs no such file.
        """
        read = {name for name in type(self).model_fields if name.endswith("_file")}
        return self.model_dump(mode="json", exclude_defaults=True, exclude={"job", *read})

    def unit_names(self) -> tuple[str, ...]:
        """Return the name of each unit: its value, for other fields than the first with ``name=``.

        `by_field` is the way back.
        """
        found = (
            self.unit_name(field, value) for field in self.units for value in getattr(self, field)
        )
        return tuple(dict.fromkeys(found))

    @classmethod
    def unit_name(cls, field: str, value: str) -> str:
        """Return the name of the unit *value* of *field*."""
        return value if field == cls.units[0] else f"{field}={value}"

    @classmethod
    def by_field(cls, units: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the values of *units* by field. Raises ValueError where a source has none."""
        found: dict[str, list[str]] = defaultdict(list)
        for unit in units:
            if not cls.units:
                raise ValueError("this source takes no units")
            name, _, value = unit.partition("=")
            if name in cls.units:
                found[name].append(value.strip())
            else:
                found[cls.field_of(unit.strip())].append(unit.strip())
        return {name: tuple(values) for name, values in found.items()}

    @classmethod
    def field_of(cls, unit: str) -> str:  # noqa: ARG003 - a source may tell by the unit
        """Return the field of a unit that names none."""
        return cls.units[0]

    def without_units(self) -> dict[str, Any]:
        """Return what `plain` does, but for the units."""
        return {name: one for name, one in self.plain().items() if name not in self.units}
