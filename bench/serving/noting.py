"""Reads an answer as `reader` does, where milliseconds count: bytes are only noted as they come, and made sense of when all are there.

An HTTP client written in Python would add a third to the time of a large picture.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any

import h11
import httpx

from bench.serving.reader import Answer, Seen
from weaver.client.sse import Decoder

PIECE_BYTES = 2**18


async def ask(url: str, question: dict[str, Any]) -> Answer:
    """Ask on a connection of its own, and read to the end."""
    address = httpx.URL(url)
    http = h11.Connection(h11.CLIENT)
    with socket.create_connection((address.host, address.port)) as connection:
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        asked_at = time.time()
        await loop.sock_sendall(connection, _request(http, address, question | {"stream": True}))
        pieces: list[tuple[float, bytes]] = []
        while piece := await loop.sock_recv(connection, PIECE_BYTES):
            pieces.append((time.time(), piece))
    return Answer(asked_at, _events(http, pieces))


def _request(http: h11.Connection, address: httpx.URL, question: dict[str, Any]) -> bytes:
    body = json.dumps(question).encode()
    headers = [
        ("host", address.netloc.decode()),
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
        ("connection", "close"),
    ]
    head = http.send(h11.Request(method="POST", target="/v1/responses", headers=headers))
    return (head or b"") + (http.send(h11.Data(data=body)) or b"") + (http.send(h11.EndOfMessage()) or b"")


def _events(http: h11.Connection, pieces: list[tuple[float, bytes]]) -> list[Seen]:
    """Each event with the time of the piece that completed it."""
    decoder, seen = Decoder(), list[Seen]()
    for at, piece in pieces:
        http.receive_data(piece)
        while (event := http.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.EndOfMessage):
                return seen
            if isinstance(event, h11.Data):
                seen += [Seen(at, raw) for raw in decoder.feed(bytes(event.data))]
    return seen
