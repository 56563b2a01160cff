"""What clients and operators ask about the service itself: models, health, readiness, metrics."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError

from gateway.errors import NotFound
from gateway.metrics import CONTENT_TYPE
from gateway.parts import Parts, PartsOf, Tenant

router = APIRouter(tags=["service"])

# A part that does not answer a probe in this time is not ready.
PROBE_S = 2.0


@router.get("/v1/models")
async def models(_: Tenant, parts: PartsOf) -> dict[str, Any]:
    """The one model: planner and visualizer together."""
    return {"object": "list", "data": [await _model(parts)]}


@router.get("/v1/models/{model_id:path}")
async def model(model_id: str, _: Tenant, parts: PartsOf) -> dict[str, Any]:
    """What the model can do; `limits` says which pictures it draws, `most_images` how many of them in one answer."""
    if model_id != parts.settings.model:
        raise NotFound(
            f"There is no such model; there is {parts.settings.model}.", code="model_not_found", param="model"
        )
    return await _model(parts)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """This process is alive."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(parts: PartsOf) -> JSONResponse:
    """Whether requests can be taken, and if not, which part is missing. Pictures wait for a visualizer, so none is needed."""
    redis, planner = await asyncio.gather(_redis_answers(parts), _planner_answers(parts))
    ready = redis and planner and not parts.leaving
    told = {"ready": ready, "redis": redis, "planner": planner, "leaving": parts.leaving}
    return JSONResponse(told, status_code=200 if ready else 503)


@router.get("/metrics")
async def metrics(parts: PartsOf) -> Response:
    """Everything measured here, in Prometheus' text format."""
    return Response(parts.meter.exposition(), media_type=CONTENT_TYPE)


async def _model(parts: Parts) -> dict[str, Any]:
    limits = await parts.pool.limits()
    return {
        "id": parts.settings.model,
        "object": "model",
        "created": 0,
        "owned_by": "weaver",
        "limits": limits.model_dump(),
        "most_images": parts.settings.most_images,
    }


async def _redis_answers(parts: Parts) -> bool:
    try:
        async with asyncio.timeout(PROBE_S):
            await parts.redis.ping()
    except (RedisError, OSError):
        return False
    return True


async def _planner_answers(parts: Parts) -> bool:
    try:
        async with asyncio.timeout(PROBE_S):
            return await parts.planner.ready()
    except TimeoutError:
        return False
