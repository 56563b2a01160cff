"""The routes of Google's Gemini API: HTTP only, what is said stands in the dialect.

The newest of Google's clients ask for version 1, all others and Google's own pages for 1beta; it is the same API.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request, Response

from gateway.dialects.gemini.accept import accept
from gateway.dialects.gemini.answer import Rendering, generated
from gateway.dialects.gemini.request import GenerateContent
from gateway.dialects.rendering import rendered
from gateway.parts import IdempotencyKey, Parts, PartsOf
from gateway.request import Request as Asked
from gateway.routes.answers import begun, streamed, whole

router = APIRouter(tags=["gemini"])

# Google's Python client takes a comment for an event and fails on it; an empty line is nothing to anybody.
HEARTBEAT = b"\n"


def _tenant(
    parts: PartsOf,
    x_goog_api_key: Annotated[str | None, Header()] = None,
    authorization: Annotated[str | None, Header()] = None,
) -> str:
    return parts.keys.tenant(f"Bearer {x_goog_api_key}" if x_goog_api_key else authorization)


Tenant = Annotated[str, Depends(_tenant)]


@router.post("/v1/models/{model}:generateContent")
@router.post("/v1beta/models/{model}:generateContent")
async def generate(
    model: str,
    body: GenerateContent,
    tenant: Tenant,
    parts: PartsOf,
    http: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer, as a whole: texts and pictures are the parts of one candidate, in order."""
    asked = await _begun(model, body, tenant, parts, http, idempotency_key)
    return await whole(asked, http, parts, generated)


@router.post("/v1/models/{model}:streamGenerateContent")
@router.post("/v1beta/models/{model}:streamGenerateContent")
async def stream(
    model: str,
    body: GenerateContent,
    tenant: Tenant,
    parts: PartsOf,
    http: Request,
    alt: Literal["sse"],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Answer, as a stream of server-sent events; what follows a picture is held until the picture is there."""
    asked = await _begun(model, body, tenant, parts, http, idempotency_key)
    rendering = Rendering(asked)
    events = rendered(rendering, parts.follower.follow(asked.id))
    return streamed(rendering, events, parts, heartbeat=HEARTBEAT)


async def _begun(
    model: str, body: GenerateContent, tenant: str, parts: Parts, http: Request, key: str | None
) -> Asked:
    accepting = partial(accept, body, model, tenant, await parts.pool.limits(), parts.desk)
    return await begun(http, key, tenant, body, accepting, parts)
