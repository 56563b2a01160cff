"""What clients and operators ask about the service itself: models, health, readiness, status."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from gateway.answer.errors import STORE_ERRORS, NotFound
from gateway.dialects.common.schemas import Object
from gateway.dialects.gemini.schemas import GeminiModel, GeminiModelList
from gateway.http.container import Container, ContainerDep, Tenant
from gateway.http.readiness import PROBE_S, readiness
from gateway.http.routes.gemini import gemini_model, is_googles
from gateway.http.status import PoolStatus, Status, Waiting, Worker
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
    """The one model."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[Model, ...] = Field(description="It alone.")


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
    """The one model: planner and visualizer together; in Google's form for who sends a key as Google's clients do."""
    if is_googles(http):
        return GeminiModelList(models=(gemini_model(container),))
    return ModelList(data=(await _model(container),))


@router.get("/v1/models/{model_id:path}")
async def model(
    model_id: Annotated[str, Path(description="The model's name.")],
    _: Tenant,
    container: ContainerDep,
    http: Request,
) -> Model | GeminiModel:
    """What the model can do; `limits` says which pictures it draws, `most_images` how many of them in one answer."""
    if model_id != container.settings.model:
        raise NotFound(
            f"There is no such model; there is {container.settings.model}.",
            code="model_not_found",
            param="model",
        )
    return gemini_model(container) if is_googles(http) else await _model(container)


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
    """Whether requests can be taken, who is alive in the pool, and how many jobs wait; answers 200 whatever is found."""
    found = await readiness(container)
    return Status(
        ready=found.ready,
        model=container.settings.model,
        redis=found.redis,
        planner=found.planner,
        leaving=found.leaving,
        responses=container.conductor.under_way,
        open_streams=container.streams.open,
        pool=await _pool(container) if found.redis else None,
    )


async def _model(container: Container) -> Model:
    planner = await _planner(container)
    return Model(
        id=container.settings.model,
        limits=await container.pool.limits(),
        most_images=container.settings.most_images,
        sees_images=planner and planner.sees_images,
        about=planner and planner.about,
    )


async def _planner(container: Container) -> PlannerModel | None:
    """What the planner serves, if it says so soon."""
    try:
        async with asyncio.timeout(PROBE_S):
            return await container.planner.model()
    except (PlannerUnavailable, TimeoutError):
        return None


async def _pool(container: Container) -> PoolStatus | None:
    try:
        async with asyncio.timeout(PROBE_S):
            workers, waiting = await container.pool.workers(), await container.pool.waiting()
    except STORE_ERRORS:
        return None
    return PoolStatus(
        name=container.settings.pool,
        workers=tuple(Worker.model_validate(worker.model_dump()) for worker in workers),
        waiting=Waiting(**waiting),
    )
