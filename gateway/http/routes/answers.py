"""How an answer leaves over HTTP, in every dialect: streamed as it is made, or whole once it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from gateway.answer.document import Document
from gateway.answer.errors import ClientLeft
from gateway.answer.request import Request as AnswerRequest
from gateway.answer.request import Warned
from gateway.dialects.common.renderer import Renderer, render_all
from gateway.http.container import Container
from gateway.http.public_url import public_url
from gateway.http.splice import encoded, spliced
from gateway.http.sse import HEARTBEAT, EventStream
from gateway.store.idempotency import Named
from gateway.tenants.caller import Caller
from visualizer_service.wire import Limits

Thing = TypeVar("Thing")
# Answers of texts, links or small pictures; their length is announced.
MOST_AT_ONCE_BYTES = 262_144
# Proxies limit all headers together to 4 or 8 KB.
MOST_HEADER_CHARS = 1024


async def begin_answer(
    http: Request,
    key: str | None,
    tenant: str,
    sent: object,
    model: str | None,
    accept: Callable[[Limits], Awaitable[AnswerRequest]],
    container: Container,
) -> AnswerRequest:
    """Accept a request and begin to answer it, once for each `Idempotency-Key`; `sent` is what it says, `model` whose
    answer it wants.

    What was begun before is found under its key even where there is no capacity for more.
    """

    async def begin(named: Named) -> AnswerRequest:
        check_capacity(http, container, model)
        accepted = await unless_gone(http, accept(await container.backends.of(model).pool.limits()))
        # The body is let go of before the answer is waited for, which may take minutes.
        getattr(http.state, "body_taken_in", _nothing)()
        return await start(accepted, http, container, named)

    async def find(id: str) -> AnswerRequest:
        return await container.intake.history.request(tenant, id, "Idempotency-Key")

    return await container.idempotency.make((tenant, key), (http.url.path, sent), begin, find)


def check_capacity(http: Request, container: Container, model: str | None) -> None:
    """Refuse what could not be begun, before Redis is asked and images are decoded: a refusal should cost the least where there is
    most to do.
    """
    container.conductor.check_capacity()
    container.admission.check(http.state.caller, model)


async def start(accepted: AnswerRequest, http: Request, container: Container, named: Named) -> AnswerRequest:
    """Begin to answer an accepted request as far as its tenant may have it; `named` is told its id before."""
    caller: Caller = http.state.caller
    told = replace(
        accepted, base_url=base_url(http, container), key=caller.key, share=caller.limits.share or 1
    )
    request = await container.admission.admit(caller, told)
    try:
        await named(request.id)
        await container.streams.unless_closing(container.conductor.start(request))
    except BaseException:
        await container.admission.leave(request)
        raise
    return request


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
    events = render_all(renderer, container.follower.batches(request.id))
    written = partial(container.meter.written, reader_since=time.time())
    stream = form(
        events, container.pictures, container.streams, renderer.last_words, written, closing, heartbeat
    )
    stream.headers.update(warning_headers(request.warnings))
    return stream


async def whole_response(
    request: AnswerRequest,
    http: Request,
    container: Container,
    as_object: Callable[[AnswerRequest, Document], Mapping[str, Any]],
) -> Response:
    """The answer once it has ended, unless the client leaves before that, and nobody reads it any more, or this process does."""
    ended = container.streams.unless_closing(container.follower.ended(request.id))
    document = await unless_gone(http, ended)
    return await json_response(request, as_object(request, document), container)


def warning_headers(warnings: tuple[Warned, ...]) -> dict[str, str]:
    """What of the request was ignored, for those who see headers rather than bodies."""
    told = " ".join(warned.message for warned in warnings)
    return {"x-weaver-warnings": told[:MOST_HEADER_CHARS]} if told else {}


async def json_response(request: AnswerRequest, value: Mapping[str, Any], container: Container) -> Response:
    """An answer as a JSON object with its pictures; one that is large is made while it is written.

    Raises:
        BlobsUnavailable: the store of pictures is away.
    """
    headers = warning_headers(request.warnings)
    pieces, begun = spliced(encoded(value), container.pictures), b""
    async for piece in pieces:
        begun += piece
        if len(begun) > MOST_AT_ONCE_BYTES:
            return StreamingResponse(_after(begun, pieces), media_type="application/json", headers=headers)
    return Response(begun, media_type="application/json", headers=headers)


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
