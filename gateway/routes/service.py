"""What clients and operators ask about the service itself: models, health, readiness, status, metrics."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError

from gateway.errors import NotFound
from gateway.metrics import CONTENT_TYPE
from gateway.parts import Parts, PartsOf, Tenant
from gateway.readiness import PROBE_S, readiness
from gateway.status import PoolStatus, Status, Waiting, Worker

router = APIRouter(tags=["service"])


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
    found = await readiness(parts)
    return JSONResponse({"ready": found.ready, **asdict(found)}, status_code=200 if found.ready else 503)


@router.get("/v1/status")
async def status(_: Tenant, parts: PartsOf) -> Status:
    """Whether requests can be taken, who is alive in the pool, and how many jobs wait; answers 200 whatever is found."""
    found = await readiness(parts)
    return Status(
        ready=found.ready,
        model=parts.settings.model,
        redis=found.redis,
        planner=found.planner,
        leaving=found.leaving,
        responses=parts.conductor.under_way,
        open_streams=parts.streams.open,
        pool=await _pool(parts) if found.redis else None,
    )


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


async def _pool(parts: Parts) -> PoolStatus | None:
    try:
        async with asyncio.timeout(PROBE_S):
            workers, waiting = await parts.pool.workers(), await parts.pool.waiting()
    except (RedisError, OSError):
        return None
    return PoolStatus(
        name=parts.settings.pool,
        workers=tuple(Worker.model_validate(worker.model_dump()) for worker in workers),
        waiting=Waiting(**waiting),
    )
