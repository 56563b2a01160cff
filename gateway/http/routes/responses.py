"""The routes of OpenAI's Responses API: HTTP only; what is understood and answered stands in the dialect."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response

from gateway.answer.document import Document
from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Request as AnswerRequest
from gateway.dialects.common.schemas import Deleted, answers
from gateway.dialects.responses import examples
from gateway.dialects.responses.accept import accept
from gateway.dialects.responses.items import response as response_object
from gateway.dialects.responses.listing import (
    After,
    InputItemList,
    Limit,
    Order,
    ResponseList,
    input_items,
    listed,
    page,
)
from gateway.dialects.responses.request import CreateResponse
from gateway.dialects.responses.schemas import ResponseObject
from gateway.dialects.responses.stream import ResponsesRenderer
from gateway.http.container import Container, ContainerDep, IdempotencyKey, Tenant
from gateway.http.routes.answers import begin_answer, json_response, stream_response, whole_response

router = APIRouter(prefix="/v1/responses", tags=["responses"])

# How long a cancelled response may take to write its last events before it is shown as it is.
CANCEL_S = 10.0


EVENTS = (
    "Events of OpenAI's Responses API, numbered by `sequence_number`. `image_generation_call.in_progress` comes anew "
    "with each `state` of a picture, `.generating` with each `step`; `response.incomplete` ends a cancelled answer, too."
)
ANSWERS = answers(ResponseObject, EVENTS)
ResponseId = Annotated[str, Path(description="The answer's `id`.")]


@router.post("", responses=ANSWERS)
async def create(
    body: Annotated[CreateResponse, Body(openapi_examples=examples.RESPONSES)],
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer, as a stream, as a whole, or in the background."""
    accepting = partial(accept, body, tenant, intake=container.intake.of_one())
    request = await begin_answer(http, idempotency_key, tenant, body, body.model, accepting, container)
    if body.stream:
        return _stream(request, container, after=-1)
    if request.background:
        return await _whole(request, await container.follower.document(request.id), container)
    return await whole_response(request, http, container, response_object)


@router.get("")
async def list_responses(
    tenant: Tenant,
    container: ContainerDep,
    after: After = None,
    limit: Limit = 20,
    order: Order = "desc",
) -> ResponseList:
    """The stored answers of whoever asks, in the order in which they were begun. Ours: OpenAI has no such list."""
    history = container.intake.history
    requests, has_more = await history.listed(tenant, after, limit, newest_first=order == "desc")
    return page([listed(request, await history.document(request.id)) for request in requests], has_more)


@router.get("/{response_id}", responses=ANSWERS)
async def retrieve(
    response_id: ResponseId,
    tenant: Tenant,
    container: ContainerDep,
    stream: Annotated[bool, Query(description="Tell its events, those to come included.")] = False,
    starting_after: Annotated[
        int | None, Query(ge=0, description="The `sequence_number` of the last event that you have.")
    ] = None,
) -> Response:
    """A response as it is now, or its events after `starting_after`, those to come included."""
    history = container.intake.history
    request = await history.request(tenant, response_id)
    if not stream:
        document = await container.follower.document(response_id)
        if document.state != "in_progress":
            await history.kept(tenant, response_id, "response_id")
        return await _whole(request, document, container)
    if starting_after is None:
        return _stream(request, container, after=-1)
    await _check_reached(request, starting_after, container)
    return _stream(request, container, after=starting_after)


@router.get("/{response_id}/input_items")
async def list_input_items(
    response_id: ResponseId,
    tenant: Tenant,
    container: ContainerDep,
    after: After = None,
    limit: Limit = 20,
    order: Order = "desc",
    include: Annotated[list[str] | None, Query(description="Taken and not used.")] = None,
) -> InputItemList:
    """What an answer was asked, the turns that it goes on from included."""
    return input_items(await container.intake.history.request(tenant, response_id), after, limit, order)


@router.post("/{response_id}/cancel", responses={200: {"model": ResponseObject}})
async def cancel(response_id: ResponseId, tenant: Tenant, container: ContainerDep) -> Response:
    """Make no more of a response; what there is, stands."""
    request = await container.intake.history.request(tenant, response_id)
    await container.conductor.cancel(response_id)
    try:
        async with asyncio.timeout(CANCEL_S):
            document = await container.follower.ended(response_id)
    except TimeoutError:
        document = await container.follower.document(response_id)
    return await _whole(request, document, container)


@router.delete("/{response_id}")
async def delete(response_id: ResponseId, tenant: Tenant, container: ContainerDep) -> Deleted:
    """Forget a response; one that is still being made is cancelled."""
    request = await container.intake.history.request(tenant, response_id)
    await container.conductor.cancel(response_id)
    await container.intake.history.delete(request)
    return Deleted(id=response_id, object="response", deleted=True)


def _stream(request: AnswerRequest, container: Container, after: int) -> Response:
    return stream_response(ResponsesRenderer(request, after), request, container)


async def _whole(request: AnswerRequest, document: Document, container: Container) -> Response:
    return await json_response(request, response_object(request, document), container)


async def _check_reached(request: AnswerRequest, number: int, container: Container) -> None:
    """Nobody can have read an event that has not happened."""
    renderer = ResponsesRenderer(request)
    for _, event in await container.intake.history.events(request.id):
        renderer.render(event)
    if number > renderer.written:
        raise InvalidRequest(
            f"`starting_after` is {number}; the last event so far is {renderer.written}.",
            param="starting_after",
        )
