"""The routes of OpenAI's Images API: HTTP only; what is understood and answered stands in the dialect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from gateway.answer.conversation import Sent
from gateway.answer.request import Request as AnswerRequest
from gateway.dialects.common.intake import Intake
from gateway.dialects.common.schemas import answers
from gateway.dialects.images import examples
from gateway.dialects.images.accept import accept, from_files, from_refs
from gateway.dialects.images.form import from_form, from_json
from gateway.dialects.images.request import EditForm, EditImages, GenerateImages
from gateway.dialects.images.result import ImagesRenderer, Kind, result
from gateway.dialects.images.schemas import ImagesResult
from gateway.http.container import Container, ContainerDep, IdempotencyKey, Tenant
from gateway.http.openapi import REF
from gateway.http.routes.answers import (
    begin_answer,
    check_capacity,
    stream_response,
    unless_gone,
    whole_response,
)
from visualizer_service.wire import Limits

router = APIRouter(prefix="/v1/images", tags=["images"])

# Of a form; more than any form that can be taken has. Each file is held in memory up to a megabyte.
MOST_FILES, MOST_FIELDS = 20, 100
IMAGE_FILES = {
    "type": "array",
    "items": {"type": "string", "format": "binary"},
    "minItems": 1,
    "description": "The images, the first named `in1`; clients may write `image[]`.",
}
FORM = EditForm.model_json_schema(ref_template=REF)
# FastAPI reads one kind of body only; this route takes two.
EDIT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": EditImages.model_json_schema(ref_template=REF),
                "examples": examples.EDITS,
            },
            "multipart/form-data": {
                "schema": FORM
                | {
                    "properties": FORM["properties"] | {"image": IMAGE_FILES},
                    "required": [*FORM["required"], "image"],
                }
            },
        },
    }
}


EVENTS = "Each picture as it is drawn, and looks at it on the way, as OpenAI's Images API streams them."
ANSWERS = answers(ImagesResult, EVENTS)


@router.post("/generations", responses=ANSWERS)
async def generate(
    body: Annotated[GenerateImages, Body(openapi_examples=examples.GENERATIONS)],
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Draw pictures. The planner describes each one first; with `planner` false the prompt is the description."""
    accepting = partial(accept, body, [], tenant, intake=container.intake.of_one())
    request = await begin_answer(http, idempotency_key, tenant, body, body.model, accepting, container)
    return await _answer(request, body, "image_generation", container, http)


@router.post("/edits", openapi_extra=EDIT_BODY, responses=ANSWERS)
async def edit(
    tenant: Tenant, container: ContainerDep, http: Request, idempotency_key: IdempotencyKey = None
) -> Response:
    """Draw pictures guided by images, which come as files in a form, or in JSON by URL or file id."""

    async def limits(model: str | None) -> Limits:
        # What was begun under a key is found by its images even where there is no capacity.
        if idempotency_key is None:
            check_capacity(http, container, model)
        return await container.backends.of(model).pool.limits()

    intake = container.intake.of_one()
    body, images = await _edit(http, tenant, limits, intake)
    accepting = partial(accept, body, images, tenant, intake=intake)
    request = await begin_answer(
        http, idempotency_key, tenant, (body, images), body.model, accepting, container
    )
    return await _answer(request, body, "image_edit", container, http)


async def _edit(
    http: Request, tenant: str, limits: Callable[[str | None], Awaitable[Limits]], intake: Intake
) -> tuple[EditForm | EditImages, list[Sent]]:
    if http.headers.get("content-type", "").startswith("multipart/form-data"):
        async with http.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
            body, files = from_form(form)
            return body, await unless_gone(http, from_files(files, await limits(body.model), intake))
    body = from_json(await http.body())
    return body, await unless_gone(http, from_refs(body, tenant, await limits(body.model), intake))


async def _answer(
    request: AnswerRequest, body: GenerateImages, kind: Kind, container: Container, http: Request
) -> Response:
    if not body.stream:
        return await whole_response(request, http, container, result)
    return stream_response(ImagesRenderer(request, kind), request, container)
