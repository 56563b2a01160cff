"""How an answer leaves over HTTP, in every dialect: streamed as it is made, or whole once it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from fastapi import Request, Response

from gateway.answer.document import Document
from gateway.answer.request import Request as AnswerRequest
from gateway.dialects.common.renderer import Renderer, render_all
from gateway.http.container import Container
from gateway.http.splice import spliced
from gateway.http.sse import HEARTBEAT, EventStream
from gateway.store.idempotency import Named
from visualizer_service.wire import Limits

# What nginx answers where the client has left; nobody reads it.
CLIENT_GONE = 499


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

    async def begin(named: Named) -> AnswerRequest:
        # Before Redis is asked and images are decoded: a refusal should cost the least where there is most to do.
        container.conductor.check_capacity()
        request = await accept(await container.pool.limits())
        await named(request.id)
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
        events, container.intake.blobs, container.streams, renderer.last_words, written, closing, heartbeat
    )


async def whole_response(
    request: AnswerRequest,
    http: Request,
    container: Container,
    as_object: Callable[[AnswerRequest, Document], Mapping[str, Any]],
) -> Response:
    """The answer once it has ended, unless the client leaves before that; then nobody reads it any more."""
    document = await _unless_gone(http, container.follower.ended(request.id))
    if document is None:
        return Response(status_code=CLIENT_GONE)
    return await json_response(as_object(request, document), container)


async def json_response(value: Mapping[str, Any], container: Container) -> Response:
    """A JSON object with its pictures."""
    pieces = [piece async for piece in spliced(value, container.intake.blobs)]
    return Response(b"".join(pieces), media_type="application/json")


async def _unless_gone(http: Request, waiting: Coroutine[Any, Any, Document]) -> Document | None:
    """What is waited for, or None as soon as the client has left."""
    work = asyncio.create_task(waiting)
    gone = asyncio.create_task(_gone(http))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        work.cancel()
        gone.cancel()


async def _gone(http: Request) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass
