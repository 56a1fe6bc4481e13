"""Whether the API is up, and whether all is up that it needs."""

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(prefix="/health", tags=["health"])


class Live(BaseModel):
    """The process answers."""

    status: str = "live"


@router.get("/live")
async def live() -> Live:
    """Say that this process answers."""
    return Live()
