"""What clients and operators ask about the service itself: models, health, readiness, status."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from gateway.answer.errors import STORE_ERRORS
from gateway.dialects.common.accept import check_model
from gateway.dialects.common.schemas import Object
from gateway.dialects.gemini.schemas import GeminiModel, GeminiModelList
from gateway.http.container import Container, ContainerDep, Tenant
from gateway.http.readiness import PROBE_S, readiness
from gateway.http.routes.gemini import gemini_model, is_googles
from gateway.http.status import PoolStatus, Status, Waiting, Worker
from gateway.running.backends import Planner, Pool
from planner_service.client import PlannerUnavailable
from planner_service.wire import About, PlannerModel
from visualizer_service.wire import Limits

router = APIRouter(tags=["service"])


class Model(Object):
    """What planner and visualizer are together."""

    id: str = Field(description="The name to ask for.")
    object: Literal["model"] = Field(default="model", description="What this is.")
    created: Literal[0] = Field(default=0, description="Not known.")
    owned_by: Literal["weaver"] = Field(default="weaver", description="Who serves it.")
    limits: Limits = Field(description="Which pictures it draws.")
    most_images: int = Field(description="Pictures in one answer.")
    sees_images: bool | None = Field(
        description="Whether the planner looks at images; null while it is away."
    )
    about: About | None = Field(description="What the planner says of itself; null if it says nothing.")


class ModelList(Object):
    """The models of this gateway."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[Model, ...] = Field(description="The one for requests that name none comes first.")


class Health(Object):
    """A sign of life."""

    status: Literal["ok"] = Field(default="ok", description="Always the same.")


class Readiness(Object):
    """Whether requests can be taken, and what they need."""

    ready: bool = Field(description="They can.")
    redis: bool = Field(description="Redis answers, and takes writes.")
    planner: bool = Field(description="The planner can plan now.")
    loops: bool = Field(description="This gateway has met no defect that is about to end it.")
    leaving: bool = Field(description="This gateway is about to end.")


@router.get("/v1/models")
async def models(_: Tenant, container: ContainerDep, http: Request) -> ModelList | GeminiModelList:
    """The models, each a planner and a visualizer together; in Google's form for who sends a key as Google's clients do."""
    if is_googles(http):
        return GeminiModelList(models=tuple(gemini_model(name, container) for name in container.backends))
    return ModelList(data=tuple([await _model(name, container) for name in container.backends]))


@router.get("/v1/models/{model_id:path}")
async def model(
    model_id: Annotated[str, Path(description="The model's name.")],
    _: Tenant,
    container: ContainerDep,
    http: Request,
) -> Model | GeminiModel:
    """What a model can do; `limits` says which pictures it draws, `most_images` how many of them in one answer."""
    check_model(model_id, container.settings)
    return gemini_model(model_id, container) if is_googles(http) else await _model(model_id, container)


@router.get("/healthz")
async def healthz() -> Health:
    """This process is alive."""
    return Health()


@router.get(
    "/readyz",
    responses={200: {"model": Readiness}, 503: {"model": Readiness, "description": "Not now."}},
)
async def readyz(container: ContainerDep) -> JSONResponse:
    """Whether requests can be taken, and if not, which part is missing. Pictures wait for a visualizer, so none is needed."""
    found = await readiness(container)
    return JSONResponse({"ready": found.ready, **asdict(found)}, status_code=200 if found.ready else 503)


@router.get("/v1/status")
async def status(_: Tenant, container: ContainerDep) -> Status:
    """Whether requests can be taken, who is alive in each pool, and how many jobs wait; answers 200 whatever is found."""
    found = await readiness(container)
    pools = await _pools(container) if found.redis else ()
    return Status(
        ready=found.ready,
        model=container.backends.default,
        models=tuple(container.backends),
        redis=found.redis,
        planner=found.planner,
        leaving=found.leaving,
        responses=container.conductor.under_way,
        open_streams=container.streams.open,
        pool=pools[0] if pools else None,
        pools=pools,
    )


async def _model(name: str, container: Container) -> Model:
    planner = await _planner(container.backends[name].planner)
    return Model(
        id=name,
        limits=await container.backends[name].pool.limits(),
        most_images=container.settings.most_images,
        sees_images=planner and planner.sees_images,
        about=planner and planner.about,
    )


async def _planner(planner: Planner) -> PlannerModel | None:
    """What the planner serves, if it says so soon."""
    try:
        async with asyncio.timeout(PROBE_S):
            return await planner.model()
    except (PlannerUnavailable, TimeoutError):
        return None


async def _pools(container: Container) -> tuple[PoolStatus, ...]:
    """Each pool, that of the default model first; none if Redis does not tell."""
    try:
        async with asyncio.timeout(PROBE_S):
            return tuple([await _pool(name, pool) for name, pool in container.backends.pools.items()])
    except STORE_ERRORS:
        return ()


async def _pool(name: str, pool: Pool) -> PoolStatus:
    workers, waiting = await pool.workers(), await pool.waiting()
    return PoolStatus(
        name=name,
        workers=tuple(Worker.model_validate(worker.model_dump()) for worker in workers),
        waiting=Waiting(**waiting),
    )
