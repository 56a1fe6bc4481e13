"""Cursors: the place where a page ended, as a text that means nothing to others."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from crawlers.api.problems import FieldError, Problem

Values = tuple[Any, ...]


def digest(*query: Any) -> str:
    """Return what tells the cursors of one *query* from those of every other."""
    return sha256(to_json(query)).hexdigest()[:16]


def write(query: str, after: Sequence[Any]) -> str:
    """Return the cursor of the place *after* in the list that is named by its digest *query*."""
    return urlsafe_b64encode(to_json([query, *after])).decode().rstrip("=")


def read(cursor: str, query: str, types: Mapping[str, Any], *, may_be_null: bool) -> Values:
    """Return the place in *cursor*: values of *types*, of which the first *may_be_null*.

    Raises Problem (422) for what is no cursor of the *query*.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found, *values = json.loads(urlsafe_b64decode(padded.encode("ascii")))
        wanted = list(types.values())
        if found != query or len(values) != len(wanted):
            raise _wrong()
        if may_be_null:
            wanted[0] = wanted[0] | None
        return tuple(
            TypeAdapter(one).validate_json(json.dumps(value))
            for one, value in zip(wanted, values, strict=True)
        )
    except (ValueError, TypeError, RecursionError, ValidationError):
        raise _wrong() from None


def _wrong() -> Problem:
    message = "not a cursor of this list with these filters and this sort"
    return Problem(422, "the request is not as documented", [FieldError("query.cursor", message)])
