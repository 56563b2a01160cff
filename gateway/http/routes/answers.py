"""How an answer leaves over HTTP, in every dialect: streamed as it is made, or whole once it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from gateway.answer.document import Document
from gateway.answer.errors import ClientLeft
from gateway.answer.request import Request as AnswerRequest
from gateway.dialects.common.renderer import Renderer, render_all
from gateway.http.container import Container
from gateway.http.splice import spliced
from gateway.http.sse import HEARTBEAT, EventStream
from visualizer_service.wire import Limits

Thing = TypeVar("Thing")
# Answers of texts, links or small pictures; their length is announced.
MOST_AT_ONCE_BYTES = 262_144


async def begin_answer(
    http: Request,
    key: str | None,
    tenant: str,
    sent: object,
    accept: Callable[[Limits], Awaitable[AnswerRequest]],
    container: Container,
) -> AnswerRequest:
    """Accept a request and begin to answer it, once for each `Idempotency-Key`; `sent` is what it says.

    What was begun before is found under its key even where there is no capacity for more.
    """

    async def begin() -> AnswerRequest:
        # Before Redis is asked and images are decoded: a refusal should cost the least where there is most to do.
        container.conductor.check_capacity()
        request = await unless_gone(http, accept(await container.pool.limits()))
        # The body is let go of before the answer is waited for, which may take minutes.
        getattr(http.state, "body_taken_in", _nothing)()
        await container.conductor.start(request)
        return request

    async def find(id: str) -> AnswerRequest:
        return await container.intake.history.request(tenant, id, "Idempotency-Key")

    return await container.idempotency.make((tenant, key), (http.url.path, sent), begin, find)


def stream_response(
    renderer: Renderer,
    request: AnswerRequest,
    container: Container,
    closing: bytes = b"",
    heartbeat: bytes = HEARTBEAT,
) -> EventStream:
    """The answer as it is made; `closing` and `heartbeat` as in `EventStream`."""
    events = render_all(renderer, container.follower.follow(request.id))
    written = partial(container.meter.written, reader_since=time.time())
    return EventStream(
        events, container.pictures, container.streams, renderer.last_words, written, closing, heartbeat
    )


async def whole_response(
    request: AnswerRequest,
    http: Request,
    container: Container,
    as_object: Callable[[AnswerRequest, Document], Mapping[str, Any]],
) -> Response:
    """The answer once it has ended, unless the client leaves before that; then nobody reads it any more."""
    document = await unless_gone(http, container.follower.ended(request.id))
    return await json_response(as_object(request, document), container)


async def json_response(value: Mapping[str, Any], container: Container) -> Response:
    """A JSON object with its pictures; one that is large is made while it is written.

    Raises:
        redis.RedisError: the store is away. What is written already is cut off then, for half an object is no answer.
    """
    pieces, begun = spliced(value, container.pictures), b""
    async for piece in pieces:
        begun += piece
        if len(begun) > MOST_AT_ONCE_BYTES:
            return StreamingResponse(_after(begun, pieces), media_type="application/json")
    return Response(begun, media_type="application/json")


async def _after(begun: bytes, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(pieces):
        yield begun
        async for piece in pieces:
            yield piece


async def unless_gone(http: Request, waiting: Awaitable[Thing]) -> Thing:
    """What is waited for, which is given up as soon as the client has left.

    Raises:
        ClientLeft: it has.
    """
    work = asyncio.ensure_future(waiting)
    gone = asyncio.create_task(_gone(http))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientLeft
        return work.result()
    finally:
        work.cancel()
        gone.cancel()


def _nothing() -> None:
    """Of a request whose body was not held."""


async def _gone(http: Request) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass
