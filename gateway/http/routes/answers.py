"""How an answer leaves over HTTP, in every dialect: streamed as it is made, or whole once it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from fastapi import Request, Response

from gateway.answer.document import Document
from gateway.answer.request import Request as Asked
from gateway.dialects.common.renderer import Renderer
from gateway.dialects.common.wire import WireEvent
from gateway.http.container import Container
from gateway.http.splice import spliced
from gateway.http.sse import HEARTBEAT, EventStream
from visualizer_service.wire import Limits

# What nginx answers where the client has left; nobody reads it.
CLIENT_GONE = 499


async def begun(
    http: Request,
    key: str | None,
    tenant: str,
    sent: object,
    accept: Callable[[Limits], Awaitable[Asked]],
    container: Container,
) -> Asked:
    """Accept a request and begin to answer it, once for each `Idempotency-Key`; `sent` is what was said in it.

    What was begun before is found under its key even where there is no capacity for more.
    """

    async def begin() -> Asked:
        # Before Redis is asked and images are decoded: a refusal should cost the least where there is most to do.
        container.conductor.check_capacity()
        asked = await accept(await container.pool.limits())
        await container.conductor.start(asked)
        return asked

    async def find(id: str) -> Asked:
        return await container.intake.history.request(tenant, id, "Idempotency-Key")

    return await container.idempotency.make((tenant, key), (http.url.path, sent), begin, find)


def streamed(
    renderer: Renderer,
    events: AsyncGenerator[WireEvent],
    container: Container,
    closing: bytes = b"",
    heartbeat: bytes = HEARTBEAT,
) -> EventStream:
    """The answer as it is made; `closing` and `heartbeat` as in `EventStream`."""
    written = partial(container.meter.written, reader_since=time.time())
    return EventStream(
        events, container.intake.blobs, container.streams, renderer.last_words, written, closing, heartbeat
    )


async def whole(
    asked: Asked,
    http: Request,
    container: Container,
    as_object: Callable[[Asked, Document], Mapping[str, Any]],
) -> Response:
    """The answer once it has ended, unless the client leaves before that; then nobody reads it any more."""
    document = await _unless_gone(http, container.follower.ended(asked.id))
    if document is None:
        return Response(status_code=CLIENT_GONE)
    return await as_json(as_object(asked, document), container)


async def as_json(value: Mapping[str, Any], container: Container) -> Response:
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
