"""Reads request bodies within limits of size, shape, time and memory, as plain ASGI, before anything is made of them.

JSON is read whole and counted while it comes (`json_shape`), then handed on as one piece. Forms with files, which are larger and are
kept on disk while they come, are counted and timed only. It knows nothing of what a body means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.answer.errors import BodyTooLarge, BodyTooSlow, GatewayError, Overloaded
from gateway.http.layers.body_room import SMALL_BYTES, BodyRoom
from gateway.http.layers.json_shape import JsonShape, ShapeLimits
from gateway.http.problems import refuse

# The routes that take forms with files.
UPLOADS = ("/v1/files", "/v1/images/edits")
# Where a file comes as it is, to an address that was given out for it.
RAW_UPLOADS = "/uploads/"
# Calls to tools are parsed and validated several times over.
TOOL_CALLS, MOST_TOOL_CALL_BYTES = "/mcp", 4 * 2**20
# A quarter of a megabit a second, below what a phone sends in poor reception.
LEAST_BYTES_PER_S = 32768
RETRY_AFTER_S = 5.0
# Of a length, as in the parsers of HTTP.
MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What is read of a body. `grace_s` is what it may take beyond the time that it needs at `LEAST_BYTES_PER_S`.

    `most_bytes_at_once` is the room for all JSON bodies together, from their first bytes until they have been taken in.
    """

    most_json_bytes: int
    most_upload_bytes: int
    most_raw_bytes: int
    most_bytes_at_once: int
    shape: ShapeLimits
    grace_s: float


class Bodies:
    """Answers 413, 408, 503 or 400 to a body that is too large, too slow, finds no room, or holds too much."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app, self._limits = app, limits
        self._room = BodyRoom(limits.most_bytes_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body, or answer why not."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if not ("content-length" in headers or "transfer-encoding" in headers):
            await self._app(scope, receive, send)
            return
        reading = _Reading(receive, scope["path"], headers, self._limits)
        try:
            reading.check_announced(headers.get("content-length", "0"))
        except BodyTooLarge as error:
            await refuse(error, scope, receive, send)
            return
        if reading.is_upload:
            await self._app(scope, reading.next, send)
        else:
            await self._pass_json(reading, scope, send)

    async def _pass_json(self, reading: _Reading, scope: Scope, send: Send) -> None:
        taken = 0

        async def room_for(count: int) -> None:
            nonlocal taken
            await self._room.take(count)
            taken = count

        def give_back() -> None:
            nonlocal taken
            count, taken = taken, 0
            self._room.give_back(count)

        try:
            body = await reading.whole(room_for)
            if body is not None:
                scope.setdefault("state", {})["body_taken_in"] = give_back
                await self._app(scope, _replayed(body, reading.next), _with_start(send, give_back))
        except _Refused as refused:
            await refuse(refused.error, scope, reading.next, send)
        finally:
            give_back()


class _Refused(Exception):
    """A body was refused while it was read, so nothing has been answered yet."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(error.message)
        self.error = error


class _Reading:
    """One body as it comes."""

    def __init__(self, receive: Receive, path: str, headers: Headers, limits: BodyLimits) -> None:
        is_raw = path.startswith(RAW_UPLOADS)
        is_form = path in UPLOADS and headers.get("content-type", "").startswith("multipart/form-data")
        self.is_upload = is_raw or is_form
        self._receive, self._limits = receive, limits
        self._most = limits.most_upload_bytes if is_form else limits.most_json_bytes
        if is_raw:
            self._most = limits.most_raw_bytes
        if path == TOOL_CALLS:
            self._most = min(self._most, MOST_TOOL_CALL_BYTES)
        self._announced: int | None = None
        self._received = 0
        self._over = False
        self._clock = asyncio.get_running_loop().time
        self._began_at = self._clock()

    def check_announced(self, length: str) -> None:
        """Refuse a body by the length it claims. Raises BodyTooLarge."""
        is_number = length.isascii() and length.isdigit() and len(length) <= MOST_DIGITS
        if not is_number or int(length) > self._most:
            raise self._too_large(length[:MOST_DIGITS])
        self._announced = int(length) or None

    async def next(self) -> Message:
        """The next piece, or after the last one that the client is gone.

        Raises:
            BodyTooLarge, BodyTooSlow: more comes than is read, or it does not come.
        """
        if self._over:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline()):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow(
                f"{self._received} bytes of the body came in {self._clock() - self._began_at:.0f} s; it may take "
                f"{self._limits.grace_s:g} s and one more for each {LEAST_BYTES_PER_S} bytes."
            ) from None
        self._over = not message.get("more_body", False)
        self._received += len(message.get("body", b""))
        if self._received > self._most:
            raise self._too_large(f"at least {self._received}")
        return message

    async def whole(self, room_for: Callable[[int], Awaitable[None]]) -> bytes | None:
        """All of a JSON body, counted; None if the client leaves before its end.

        Raises:
            _Refused: it is too large, too slow, holds too much, or there is no room for it.
        """
        shape, pieces, has_room = JsonShape(self._limits.shape), [], False
        try:
            while not self._over:
                message = await self.next()
                if message["type"] != "http.request":
                    return None
                shape.feed(message.get("body", b""))
                pieces.append(message.get("body", b""))
                if self._received > SMALL_BYTES and not has_room:
                    await self._find_room(room_for)
                    has_room = True
        except GatewayError as error:
            raise _Refused(error) from None
        return b"".join(pieces)

    async def _find_room(self, room_for: Callable[[int], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout_at(self._deadline()):
                await room_for(self._announced or self._most)
        except TimeoutError:
            raise Overloaded(
                "Too many large bodies are being read here.", retry_after_s=RETRY_AFTER_S
            ) from None

    def _deadline(self) -> float:
        return self._began_at + self._limits.grace_s + self._received / LEAST_BYTES_PER_S

    def _too_large(self, sent: str) -> BodyTooLarge:
        advice = (
            ""
            if self.is_upload
            else " Send large images to /v1/files first and name them by their `file_id`."
        )
        return BodyTooLarge(f"The body has {sent} bytes; at most {self._most} are read.{advice}")


def _replayed(body: bytes, receive: Receive) -> Receive:
    pieces = [body]

    async def replay() -> Message:
        if pieces:
            return {"type": "http.request", "body": pieces.pop(), "more_body": False}
        return await receive()

    return replay


def _with_start(send: Send, started: Callable[[], None]) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            started()
        await send(message)

    return noting
