"""The routes of Google's Gemini API: HTTP only; what is understood and answered stands in the dialect.

The newest of Google's clients ask for version 1, all others and Google's own pages for 1beta; it is the same API.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request, Response

from gateway.answer.request import Request as AnswerRequest
from gateway.dialects.common.accept import check_model
from gateway.dialects.common.schemas import events
from gateway.dialects.gemini import examples
from gateway.dialects.gemini.accept import accept
from gateway.dialects.gemini.answer import GeminiRenderer, generated
from gateway.dialects.gemini.counting import CHARACTERS_PER_TOKEN, CountTokens, about_tokens
from gateway.dialects.gemini.request import GenerateContent
from gateway.dialects.gemini.schemas import GeminiModel, GeminiModelList, GeneratedAnswer, TokenCount
from gateway.http.container import Container, ContainerDep, IdempotencyKey, Tenant
from gateway.http.openapi import REF, refuses
from gateway.http.routes.answers import begin_answer, stream_response, whole_response
from gateway.http.sse import ArrayStream, EventStream

router = APIRouter(tags=["gemini"])

# Google's Python client takes a comment for an event and fails on it; an empty line is nothing to anybody.
HEARTBEAT = b"\n"


Name = Annotated[str, Path(description="The model, as /v1/models lists it.")]
Asks = Annotated[GenerateContent, Body(openapi_examples=examples.CONTENTS)]
ARRAY: dict[str, Any] = {
    "application/json": {"schema": {"type": "array", "items": {"$ref": REF.format(model="GeneratedAnswer")}}}
}
WHOLE: dict[int | str, dict[str, Any]] = {200: {"model": GeneratedAnswer}, **refuses(429, 503, google=True)}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": events("Answers of one part each.") | ARRAY},
    **refuses(429, 503, google=True),
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
    alt: Annotated[
        Literal["json", "sse"], Query(description="A JSON array, or server-sent events.")
    ] = "json",
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer as it is made; what follows a picture is held until the picture is there."""
    request = await _begin(model, body, tenant, container, http, idempotency_key)
    form = EventStream if alt == "sse" else ArrayStream
    return stream_response(GeminiRenderer(request), request, container, heartbeat=HEARTBEAT, form=form)


@router.post("/v1/models/{model}:countTokens")
@router.post("/v1beta/models/{model}:countTokens")
async def count_tokens(
    model: Name,
    body: Annotated[CountTokens, Body(openapi_examples=examples.CONTENTS)],
    tenant: Tenant,
    container: ContainerDep,
) -> TokenCount:
    """About how many tokens a request has; the planner alone counts them exactly, and tells with its answer."""
    check_model(model, container.settings)
    return TokenCount(totalTokens=about_tokens(body))


@router.get("/v1beta/models")
async def models(tenant: Tenant, container: ContainerDep) -> GeminiModelList:
    """The one model: planner and visualizer together."""
    return GeminiModelList(models=tuple(gemini_model(name, container) for name in container.backends))


@router.get("/v1beta/models/{model}")
async def model(model: Name, tenant: Tenant, container: ContainerDep) -> GeminiModel:
    """What the model is called and how much it reads and writes."""
    check_model(model, container.settings)
    return gemini_model(model, container)


def is_googles(http: Request) -> bool:
    """Whether one of Google's clients asks, where a path is not Google's alone."""
    return "x-goog-api-key" in http.headers


def gemini_model(model: str, container: Container) -> GeminiModel:
    """A model in Google's form."""
    settings = container.settings
    return GeminiModel(
        name=f"models/{model}",
        baseModelId=model,
        displayName=model,
        inputTokenLimit=settings.most_input_chars // CHARACTERS_PER_TOKEN,
        outputTokenLimit=settings.most_output_tokens,
    )


async def _begin(
    model: str, body: GenerateContent, tenant: str, container: Container, http: Request, key: str | None
) -> AnswerRequest:
    accepting = partial(accept, body, model, tenant, intake=container.intake.of_one())
    return await begin_answer(http, key, tenant, body, model, accepting, container)
