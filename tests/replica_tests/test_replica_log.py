"""What a stand-in counts is what went over the wire, however late its own process is."""

import asyncio

import pytest

from tests.replica.http import Connection
from tests.replica.server import StaticSite


async def test_an_answer_has_ended_when_its_last_byte_went_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = Connection.send

    async def late(self: Connection, data: bytes) -> None:
        await send(self, data)
        await asyncio.sleep(0.1)

    monkeypatch.setattr(Connection, "send", late)
    async with StaticSite({"/": b"page"}) as site:
        writers = []
        for _ in range(2):  # the second comes before the first one's end is noted
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await reader.readuntil(b"page")
            writers.append(writer)
        await site.log.until(lambda log: len(log.transfers) == 2 and not log.open)
        for writer in writers:
            writer.close()
            await writer.wait_closed()
    assert [one.violation for one in site.log.transfers] == ["", "overlap"], "nothing was tried"
    assert site.log.max_overlap == 1
