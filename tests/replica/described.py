"""What stand-ins are told about their worlds: plain JSON, on the command line."""

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from _typeshed import DataclassInstance as _Dataclass
else:
    _Dataclass = object


class JsonWorld(_Dataclass):
    """The base of a dataclass that is written as JSON, and read again."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read *text*: an object with any of the fields. Raises ValueError for another one."""
        value = json.loads(text)
        if unknown := set(value) - {f.name for f in fields(cls)}:
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")
        return cls(**value)

    def to_json(self) -> str:
        """Write what `from_json` reads."""
        return json.dumps(asdict(self))
