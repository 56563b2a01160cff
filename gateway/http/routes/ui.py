"""The route that the AI SDK's `useChat` asks: HTTP only; what is understood and answered stands in the dialect."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from gateway.dialects.common.schemas import events
from gateway.dialects.ui import examples
from gateway.dialects.ui.accept import accept
from gateway.dialects.ui.request import CreateMessage
from gateway.dialects.ui.stream import DONE, HEADERS, UiRenderer
from gateway.http.container import ContainerDep, IdempotencyKey, Tenant
from gateway.http.routes.answers import begin_answer, stream_response

router = APIRouter(prefix="/v1/ui-messages", tags=["ui"])


EVENTS: dict[int | str, dict[str, Any]] = {200: {"content": events("Parts of a UI message.")}}


@router.post("", response_class=Response, responses=EVENTS)
async def create(
    body: Annotated[CreateMessage, Body(openapi_examples=examples.MESSAGES)],
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer a chat as a UI message stream, so that `useChat` shows texts and pictures as they come."""
    accepting = partial(accept, body, tenant, intake=container.intake.of_one())
    request = await begin_answer(http, idempotency_key, tenant, body, body.model, accepting, container)
    answer = stream_response(UiRenderer(request), request, container, DONE)
    answer.headers.update(HEADERS)
    return answer
