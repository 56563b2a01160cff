"""The route of OpenAI's Chat Completions API: HTTP only; what is understood and answered stands in the dialect."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from gateway.dialects.chat import examples
from gateway.dialects.chat.accept import accept
from gateway.dialects.chat.completion import completion
from gateway.dialects.chat.request import CreateCompletion
from gateway.dialects.chat.schemas import ChatCompletion
from gateway.dialects.chat.stream import DONE, ChatRenderer
from gateway.dialects.common.schemas import answers
from gateway.http.container import ContainerDep, IdempotencyKey, Tenant
from gateway.http.routes.answers import begin_answer, stream_response, whole_response

router = APIRouter(prefix="/v1/chat/completions", tags=["chat"])


EVENTS = "Chunks as `data:`, OpenAI's `chat.completion.chunk`, and `[DONE]` at the end."


@router.post("", responses=answers(ChatCompletion, EVENTS))
async def create(
    body: Annotated[CreateCompletion, Body(openapi_examples=examples.COMPLETIONS)],
    tenant: Tenant,
    container: ContainerDep,
    http: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer a chat, as a stream or as a whole.

    Pictures stand in `message.images` (`delta.images` in a stream); in the text, a Markdown image with the picture's description says
    where each belongs. Send an answer's text back, and its pictures are part of the conversation again.
    """
    accepting = partial(accept, body, tenant, intake=container.intake.of_one())
    request = await begin_answer(http, idempotency_key, tenant, body, body.model, accepting, container)
    if not body.stream:
        return await whole_response(request, http, container, completion)
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    return stream_response(ChatRenderer(request, with_usage), request, container, DONE)
