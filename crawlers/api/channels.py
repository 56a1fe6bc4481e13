"""Channels over HTTP: where alerts are sent. Addresses go in, and never come out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field

from crawlers.alerts import making
from crawlers.alerts.wanted import ChannelRequest
from crawlers.api.alert_models import ChannelOut, ChannelPage
from crawlers.api.job_access import Worker, owner_of
from crawlers.api.openapi import errors
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import Problem
from crawlers.api.state import TheConfig, TheDatabase
from crawlers.errors import AlertError
from crawlers.storage import alert_channels
from crawlers.storage.alert_channels import Channel
from crawlers.storage.alert_deliveries import Deliveries
from crawlers.storage.whose import Asked

router = APIRouter(prefix="/v1/channels", tags=["alerts"], dependencies=[NO_OTHERS])

Number = Annotated[str, Path(alias="channel", pattern=r"^[0-9a-f]{12}$")]


class TestAccepted(BaseModel):
    """A test message that will be sent."""

    history: str = Field(description="where it will stand what became of it")


async def his_channel(channel: Number, caller: Worker, database: TheDatabase) -> Channel:
    """Return the channel, if the caller may see it: somebody else's is not there."""
    try:
        return await alert_channels.find(database, Asked(channel, owner_of(caller)))
    except AlertError:
        raise Problem(404, "no such channel") from None


His = Annotated[Channel, Depends(his_channel)]


@router.get("")
async def list_channels(caller: Worker, database: TheDatabase) -> ChannelPage:
    """List your channels."""
    found = await alert_channels.list_all(database, owner_of(caller))
    return ChannelPage(channels=[ChannelOut.of(one) for one in found])


@router.post("", status_code=201, responses=errors(409))
async def create_channel(
    body: ChannelRequest,
    caller: Worker,
    response: Response,
    database: TheDatabase,
    config: TheConfig,
) -> ChannelOut:
    """Add a channel. Private addresses are refused, unless the operator allows a host."""
    made = await making.connect(database, config, caller.owner, body)
    response.headers["Location"] = f"/v1/channels/{made.id}"
    return ChannelOut.of(made)


@router.get("/{channel}")
async def read_channel(found: His) -> ChannelOut:
    """Show a channel."""
    return ChannelOut.of(found)


@router.delete("/{channel}", status_code=204)
async def remove_channel(found: His, database: TheDatabase) -> None:
    """Forget a channel; rules go on without it."""
    await alert_channels.remove(database, found.id)


@router.post("/{channel}/test", status_code=202)
async def send_test(found: His, database: TheDatabase) -> TestAccepted:
    """Send a test message: the dispatcher does, and the history says what became of it."""
    await Deliveries(database).test(found)
    return TestAccepted(history="/v1/alerts/history")
