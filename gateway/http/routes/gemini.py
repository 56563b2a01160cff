"""The routes of Google's Gemini API: HTTP only; what is understood and answered stands in the dialect.

The newest of Google's clients ask for version 1, all others and Google's own pages for 1beta; it is the same API.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request, Response

from gateway.answer.request import Request as AnswerRequest
from gateway.dialects.common.schemas import events
from gateway.dialects.gemini import examples
from gateway.dialects.gemini.accept import accept
from gateway.dialects.gemini.answer import GeminiRenderer, generated
from gateway.dialects.gemini.request import GenerateContent
from gateway.dialects.gemini.schemas import GeneratedAnswer
from gateway.http.container import Container, ContainerDep, IdempotencyKey, Tenant
from gateway.http.openapi import refuses
from gateway.http.routes.answers import begin_answer, stream_response, whole_response

router = APIRouter(tags=["gemini"])

# Google's Python client takes a comment for an event and fails on it; an empty line is nothing to anybody.
HEARTBEAT = b"\n"


Name = Annotated[str, Path(description="The model, as /v1/models lists it.")]
Asks = Annotated[GenerateContent, Body(openapi_examples=examples.CONTENTS)]
WHOLE: dict[int | str, dict[str, Any]] = {200: {"model": GeneratedAnswer}, **refuses(429, google=True)}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": events("Answers of one part each.")},
    **refuses(429, google=True),
}


@router.post("/v1/models/{model}:generateContent", responses=WHOLE)
@router.post("/v1beta/models/{model}:generateContent", responses=WHOLE)
async def generate(
    model: Name,
    body: Asks,
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer, as a whole: texts and pictures are the parts of one candidate, in order."""
    request = await _begin(model, body, tenant, container, http, idempotency_key)
    return await whole_response(request, http, container, generated)


@router.post("/v1/models/{model}:streamGenerateContent", response_class=Response, responses=EVENTS)
@router.post("/v1beta/models/{model}:streamGenerateContent", response_class=Response, responses=EVENTS)
async def stream(
    model: Name,
    body: Asks,
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
    alt: Annotated[Literal["sse"], Query(description="The one form of a stream that there is.")],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer, as a stream of server-sent events; what follows a picture is held until the picture is there."""
    request = await _begin(model, body, tenant, container, http, idempotency_key)
    return stream_response(GeminiRenderer(request), request, container, heartbeat=HEARTBEAT)


async def _begin(
    model: str, body: GenerateContent, tenant: str, container: Container, http: Request, key: str | None
) -> AnswerRequest:
    accepting = partial(accept, body, model, tenant, intake=container.intake)
    return await begin_answer(http, key, tenant, body, accepting, container)
