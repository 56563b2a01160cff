"""What is left of a connection that its client has reset, as browsers and clients do that have read what they wanted."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
from urllib.parse import urlsplit

import pytest

from gateway.http.connections import Connection
from tests.integration.gateway.gateway_app import eventually, listening

pytestmark = pytest.mark.integration

ASK = b"GET / HTTP/1.1\r\nhost: gateway\r\n\r\n"
AT_ONCE = struct.pack("ii", 1, 0)


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def kept() -> int:
    """The connections that are in memory."""
    gc.collect()
    return sum(issubclass(type(one), Connection) for one in gc.get_objects())


async def test_nothing_is_kept_of_a_connection_that_was_reset_after_its_answer():
    async with listening(app) as url:
        place = urlsplit(url)
        for _ in range(10):
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(ASK)
            await reader.readuntil(b"ok")
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.transport.abort()
        await eventually(lambda: kept() == 0)
