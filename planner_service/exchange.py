"""One question over HTTP/1.1 and the lines of its answer as they come, on a connection of its own.

A third of what a token costs its reader is to take it from the wire, so this does that and nothing else: no redirects, cookies, proxies or
compression. httptools parses, as it does for uvicorn; it is written in C.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import httptools

CONNECT_S = 5
MOST_HELD = 2**20
"""Bytes that came and were not asked for yet, beyond which the other side has to wait; no line and no refusal is longer."""
LOST = (OSError, TimeoutError, httptools.HttpParserError)
"""How the other side's being away, or being no HTTP, shows."""


@cache
def tls() -> ssl.SSLContext:
    """Whom to trust; to read that takes longer than to ask."""
    return ssl.create_default_context()


async def ask(url: str, body: bytes, headers: Mapping[str, str], silence_s: float) -> Exchange:
    """Send a POST request; `silence_s` is how long the other side may say nothing, at any time.

    Raises:
        OSError, TimeoutError: it cannot be reached.
    """
    place = urlsplit(url)
    is_safe = place.scheme == "https"
    fields = {"host": place.netloc.rpartition("@")[2], "content-length": str(len(body)), **headers}
    if place.username is not None:
        credentials = f"{unquote(place.username)}:{unquote(place.password or '')}"
        fields["authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    lines = [f"POST {place.path or '/'} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    request = "\r\n".join([*lines, "connection: close", "", ""]).encode() + body
    port = place.port or (443 if is_safe else 80)
    async with asyncio.timeout(CONNECT_S):
        _, exchange = await asyncio.get_running_loop().create_connection(
            lambda: Exchange(request, silence_s), place.hostname or "", port, ssl=tls() if is_safe else None
        )
    return exchange


class Exchange(asyncio.Protocol):
    """A request on its way, and its answer; to be closed, which ends it on the other side, too."""

    _transport: asyncio.Transport
    _watch: asyncio.TimerHandle

    def __init__(self, request: bytes, silence_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._request, self._silence_s = request, silence_s
        self._parser = httptools.HttpResponseParser(self)
        self._status: int | None = None
        self._came, self._held = b"", b""
        self._is_over, self._error = False, None
        self._waiting: asyncio.Future[None] | None = None
        self._heard_at = 0.0

    async def status(self) -> int:
        """The answer's status code. Raises one of `LOST` if none comes."""
        while self._status is None:
            await self._more()
        return self._status

    async def body(self) -> bytes:
        """All that is left of the answer. Raises one of `LOST` if it is cut short, or too long."""
        while not self._is_whole:
            _check(self._came)
            await self._more()
        return self._taken()

    async def lines(self) -> list[bytes]:
        """What came since, once there is a whole line of it, without ends of lines; the answer's last line may have none, and after it there are
        no lines. Raises one of `LOST` if the answer is cut short, or a line too long.
        """
        while True:
            *lines, self._held = (self._held + self._taken()).split(b"\n")
            if lines:
                return lines
            if self._is_whole:
                last, self._held = self._held, b""
                return [last] if last else []
            _check(self._held)
            await self._more()

    def close(self) -> None:
        """Hear no more of it."""
        self._watch.cancel()
        self._transport.abort()

    def connection_made(self, transport: Any) -> None:
        """Ask."""
        self._transport = transport
        self._heard_at = self._loop.time()
        self._watch = self._loop.call_later(self._silence_s, self._look)
        transport.write(self._request)
        self._request = b""

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._heard_at = self._loop.time()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(error)
            return
        if len(self._came) > MOST_HELD:
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever says no length ends so; where more was to come, that is missed by its reader."""
        self._end(exc)

    def on_headers_complete(self) -> None:
        """httptools: a status has come; one below 200 is not the last one."""
        status = self._parser.get_status_code()
        self._status = status if status >= 200 else None

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body has come."""
        self._came += body

    def on_message_complete(self) -> None:
        """httptools: the answer is whole."""
        if self._status is not None:
            self._end(None)

    @property
    def _is_whole(self) -> bool:
        return self._is_over and self._error is None

    def _taken(self) -> bytes:
        came, self._came = self._came, b""
        if len(came) > MOST_HELD and not self._is_over:
            self._transport.resume_reading()
        return came

    async def _more(self) -> None:
        if self._is_over:
            raise self._error or ConnectionResetError("the other side has closed the connection")
        self._waiting = self._loop.create_future()
        await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _end(self, error: Exception | None) -> None:
        if not self._is_over:
            self._is_over, self._error = True, error
            self._watch.cancel()
            self._wake()

    def _look(self) -> None:
        left_s = self._heard_at + self._silence_s - self._loop.time()
        if left_s > 0:
            self._watch = self._loop.call_later(left_s, self._look)
        else:
            self._end(TimeoutError("the other side has fallen silent"))
            self._transport.abort()


def _check(held: bytes) -> None:
    if len(held) > MOST_HELD:
        raise ConnectionAbortedError(f"what the other side says is longer than {MOST_HELD} bytes")
