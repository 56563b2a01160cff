"""How an answer leaves over HTTP, in every dialect: streamed as it is made, or whole once it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import Request, Response

from gateway.answer.document import Document
from gateway.answer.request import Request as AnswerRequest
from gateway.answer.request import Warned
from gateway.dialects.common.renderer import Renderer, render_all
from gateway.http.container import Container
from gateway.http.public_url import public_url
from gateway.http.splice import spliced
from gateway.http.sse import HEARTBEAT, EventStream
from visualizer_service.wire import Limits

# What nginx answers where the client has left; nobody reads it.
CLIENT_GONE = 499
# Proxies limit all headers together to 4 or 8 KB.
MOST_HEADER_CHARS = 1024


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
        request = replace(await accept(await container.pool.limits()), base_url=base_url(http, container))
        await container.conductor.start(request)
        return request

    async def find(id: str) -> AnswerRequest:
        return await container.intake.history.request(tenant, id, "Idempotency-Key")

    return await container.idempotency.make((tenant, key), (http.url.path, sent), begin, find)


def base_url(http: Request, container: Container) -> str:
    """Where links in an answer begin."""
    settings = container.settings
    return public_url(http.scope, settings.public_url, settings.trusted_proxies)


def stream_response(
    renderer: Renderer,
    request: AnswerRequest,
    container: Container,
    closing: bytes = b"",
    heartbeat: bytes = HEARTBEAT,
    form: type[EventStream] = EventStream,
) -> EventStream:
    """The answer as it is made, in this form; `closing` and `heartbeat` as in `EventStream`."""
    events = render_all(renderer, container.follower.follow(request.id))
    written = partial(container.meter.written, reader_since=time.time())
    stream = form(
        events, container.intake.blobs, container.streams, renderer.last_words, written, closing, heartbeat
    )
    stream.headers.update(warning_headers(request.warnings))
    return stream


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
    return await json_response(request, as_object(request, document), container)


async def json_response(request: AnswerRequest, value: Mapping[str, Any], container: Container) -> Response:
    """An answer as a JSON object with its pictures."""
    pieces = [piece async for piece in spliced(value, container.intake.blobs)]
    return Response(
        b"".join(pieces), media_type="application/json", headers=warning_headers(request.warnings)
    )


def warning_headers(warnings: tuple[Warned, ...]) -> dict[str, str]:
    """What of the request was ignored, for those who see headers rather than bodies."""
    told = " ".join(warned.message for warned in warnings)
    return {"x-weaver-warnings": told[:MOST_HEADER_CHARS]} if told else {}


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
