"""Parameters that nobody knows are refused: a misspelt filter would find everything."""

from typing import Any

from fastapi import Depends, Request
from pydantic import BaseModel

from crawlers.api.problems import FieldError, Problem


async def no_other_parameters(request: Request) -> None:
    """Refuse parameters that the route does not know. A list knows its own."""
    fields = request.scope["route"].dependant.query_params
    if any(_is_model(field.field_info.annotation) for field in fields):
        return
    if others := sorted(set(request.query_params) - {field.alias for field in fields}):
        errors = [FieldError(f"query.{name[:60]}", "no such parameter") for name in others]
        raise Problem(422, "the request is not as documented", errors)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


NO_OTHERS = Depends(no_other_parameters)
"""For the dependencies of a router."""
