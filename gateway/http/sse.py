"""Writes a dialect's events to a client as server-sent events, as they come, as fast as the client reads and no faster.

Its promises: whatever goes wrong after the first byte becomes a typed last event; silence is filled with heartbeats; once a reader
leaves, or is let go of, the source of the events is closed. It knows nothing of what the events say.

No event bears an `id:` line, and a heartbeat is a comment without a blank line after it: OpenAI's Python client takes the blank line
after a comment for an empty event once it has seen an `id:`, and fails on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TypeVar

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.answer.errors import GatewayError, ShuttingDown, named
from gateway.dialects.common.wire import WireEvent
from gateway.http.output import Output
from gateway.http.pictures import SharedPictures
from gateway.http.splice import PIECE_BYTES, encoded, has_pictures, spliced
from visualizer_service.blobs.objects import BlobsUnavailable

log = logging.getLogger(__name__)

Waited = TypeVar("Waited")

HEARTBEAT = b": hb\n"
END = b"\n\n"
# How long the source of the events may take to clean up behind a reader that left.
CLOSE_S = 5.0


class Streams:
    """The open streams of a process; on each, a comment is sent after `heartbeat_s` seconds of silence."""

    def __init__(self, heartbeat_s: float) -> None:
        self.heartbeat_s = heartbeat_s
        self.closing = asyncio.Event()
        self.open = 0
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._waiting: dict[Output, anyio.CancelScope] = {}

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Count a stream while it is open."""
        self.open += 1
        self._none_open.clear()
        try:
            yield
        finally:
            self.open -= 1
            if not self.open:
                self._none_open.set()

    async def unless_closing(self, waiting: Awaitable[Waited]) -> Waited:
        """What is waited for by a client that is sent nothing meanwhile, and counts as a stream until then.

        Raises:
            ShuttingDown: the streams were to end first.
        """
        work, closing = asyncio.ensure_future(waiting), asyncio.create_task(self.closing.wait())
        try:
            with self.opened():
                await asyncio.wait({work, closing}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ShuttingDown
            return work.result()
        finally:
            work.cancel()
            closing.cancel()

    async def close(self, grace_s: float) -> None:
        """Let the streams end by themselves for `grace_s` seconds, then end them with a typed last event."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._none_open.wait()
        self.closing.set()
        for output, scope in self._waiting.items():
            if not output.is_taken:
                scope.cancel()

    @contextmanager
    def interrupting(self, output: Output) -> Iterator[anyio.CancelScope]:
        """Where events are waited for; it is left when the streams are to end, unless an event is being written."""
        with anyio.CancelScope() as scope:
            self._waiting[output] = scope
            if self.closing.is_set():
                scope.cancel()
            try:
                yield scope
            finally:
                del self._waiting[output]


class EventStream(Response):
    """A streamed answer.

    Args:
        events: those that come together leave together; closed when the answer ends, however it ends.
        pictures: where the pictures in the events are.
        streams: those of this process; this one will be among them.
        last_words: makes the event that tells the client of an error.
        written: called after each event that has left.
        closing: the data of an event that follows the last one, if the dialect has such.
        heartbeat: what fills silence.
    """

    media_type = "text/event-stream"
    _after = END
    _end_of_all = b""

    def __init__(
        self,
        events: AsyncGenerator[Sequence[WireEvent]],
        pictures: SharedPictures,
        streams: Streams,
        last_words: Callable[[GatewayError], WireEvent],
        written: Callable[[WireEvent], None],
        closing: bytes = b"",
        heartbeat: bytes = HEARTBEAT,
    ) -> None:
        # Without the second header nginx collects the whole stream before it passes anything on.
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._events, self._pictures, self._streams = events, pictures, streams
        self._last_words, self._written = last_words, written
        self._closing = b"data: " + closing + END if closing else b""
        self._heartbeat = heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, until the events end or the client is gone."""
        with self._streams.opened():
            await self._serve(receive, send)

    async def _serve(self, receive: Receive, send: Send) -> None:
        output = Output(send, self._heartbeat, self._streams.heartbeat_s)
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_on_disconnect, receive, group.cancel_scope)
            group.start_soon(output.fill_silence)
            # Not here, within all layers of the app: each token would wake them up, one after the other.
            group.start_soon(self._answer_and_close, output, send, group.cancel_scope)

    async def _answer_and_close(self, output: Output, send: Send, scope: anyio.CancelScope) -> None:
        try:
            await self._answer(output, send)
        finally:
            scope.cancel()
            with anyio.move_on_after(CLOSE_S, shield=True):
                await self._events.aclose()

    async def _answer(self, output: Output, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        last = self._closing
        try:
            await self._pass_on(output)
        except Exception as error:
            words = self._last_words(named(error))
            last = self._before(words) + encoded(words.data) + self._after
        await output.end()
        if last:
            await output.write(last)
        if self._end_of_all:
            await output.write(self._end_of_all)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pass_on(self, output: Output) -> None:
        """Write events until they end.

        Raises:
            ShuttingDown: the streams were to end first.
        """
        with self._streams.interrupting(output) as interrupted:
            async for events in self._events:
                async with output:
                    await self._write_events(events, output)
                if self._streams.closing.is_set():
                    # Of an answer that is over nothing is waited for any more.
                    interrupted.cancel()
        if interrupted.cancelled_caught:
            raise ShuttingDown

    async def _write_events(self, events: Sequence[WireEvent], output: Output) -> None:
        """Smaller ones, and pieces of one, leave together."""
        held = b""
        for event in events:
            told = encoded(event.data)
            held += self._before(event)
            if has_pictures(told) or len(held) + len(told) >= PIECE_BYTES:
                held = await self._write_pieces(held, told, output)
            else:
                held += told
            held += self._after
        if held:
            await output.write(held)
        for event in events:
            self._written(event)

    async def _write_pieces(self, held: bytes, event: bytes, output: Output) -> bytes:
        """Write an event as far as it fills pieces; what is `held` before it, and given back after it, is still to be written."""
        async with aclosing(spliced(event, self._pictures)) as pieces:
            # What the store does not give is null, and the answer goes on.
            with contextlib.suppress(BlobsUnavailable):
                async for piece in pieces:
                    held += piece
                    if len(held) >= PIECE_BYTES:
                        await output.write(held)
                        held = b""
        return held

    def _before(self, event: WireEvent) -> bytes:
        """What precedes an event's JSON; what follows it is `_after`."""
        name = "" if event.type is None else f"event: {event.type}\n"
        return f"{name}data: ".encode()


class ArrayStream(EventStream):
    """The same as one JSON array, each event a member of it, for clients that stream so."""

    media_type = "application/json"
    _after = b""
    _end_of_all = b"]"
    _begun = False

    def _before(self, event: WireEvent) -> bytes:
        begun, self._begun = self._begun, True
        return b",\r\n" if begun else b"["


async def _cancel_on_disconnect(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
