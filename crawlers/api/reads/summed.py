"""Answers that are made from many rows."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field

from crawlers.api.derived import Derived
from crawlers.api.reads.models import Answer, Count
from crawlers.api.state import state_of


class Summed(Answer):
    """An answer that is made from many rows."""

    rows_read: Count = Field(description="how many rows it is made from")
    newest_at: datetime | None = Field(description="when the newest of them changed")


def derived(request: Request) -> Derived:
    """Return what keeps the costly answers of this API."""
    return state_of(request.scope).derived


TheDerived = Annotated[Derived, Depends(derived)]
