"""A gateway around a scripted planner and a pool that paints plain squares; Redis is real."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import httpx
import httpx2
import openai
from fastapi import FastAPI
from PIL import Image
from redis.asyncio import Redis

from gateway.app import create_app
from gateway.assembly import assembled
from gateway.http.server import Server, server_config
from gateway.running.backends import Backend, Backends
from gateway.settings import Settings
from gateway.timeouts import Timeouts
from planner_service.wire import PlanEvent, PlanRequest
from tests.fakes import PLAN_DONE, FakePool, ScriptedPlanner, done, says, slot
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.objects import opened
from visualizer_service.blobs.stored_objects import StoredObjects
from visualizer_service.wire import Job, JobClass, Preview, Progress, Started, WorkerInfo

PATIENCE = Timeouts(beat_s=0.05, reader_grace_s=0.3, owner_lost_s=2, store_s=3)
STORY = (says("Once. "), says("A fox.\n"), slot(0), says("\nThen the sea."), slot(1, "img1"), PLAN_DONE)


def settings(**changes: Any) -> Settings:
    return Settings(**{"model": "storybook", "patience": PATIENCE} | changes)


def png(shade: int, size: tuple[int, int] = (64, 64), format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (shade % 256, 90, 120)).save(out, format, compress_level=1)
    return out.getvalue()


class Planner(ScriptedPlanner):
    """Plans by script, with `pace_s` seconds before each event, and may say that it is not ready."""

    is_ready = True
    pace_s = 0.0

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        async with contextlib.aclosing(super().plan(request)) as events:
            async for event in events:
                await asyncio.sleep(self.pace_s)
                yield event

    async def ready(self) -> bool:
        return self.is_ready


class Pool(FakePool):
    """Paints each job in a shade of its own, shows what the job wants to be shown on the way."""

    def __init__(self, redis: Redis, **options: Any) -> None:
        super().__init__(**options)
        self.blobs = Blobs(redis, StoredObjects(settings().blobs_url), 60)
        self.limits_now = None

    async def limits(self):
        return self.limits_now or await super().limits()

    async def workers(self) -> list[WorkerInfo]:
        return []

    async def waiting(self) -> dict[str, int]:
        return {"returned": 0, "interactive": 0, "batch": 0, "near": 0}

    async def waiting_of_tenants(self) -> dict[str, int]:
        return {}

    async def lines(self) -> dict[str, dict[JobClass, int]]:
        return {}

    async def drain(self, worker_id: str) -> bool:
        return False

    async def paint(self, job: Job) -> None:
        self.say(job, Started(worker="w1", at=time.time()))
        for index in range(job.previews):
            look = await self.blobs.put_preview(png(200 + index), "image/png", job.response)
            self.say(job, Progress(step=index + 1, of=4))
            self.say(job, Preview(index=index, blob=look))
        drawn = png(job.slot, (job.width_px, job.height_px))
        blob = await self.blobs.put(drawn, "image/png", job.response)
        stored = {"blob": blob, "bytes": len(drawn)}
        self.say(job, done(job, done_at=time.time()).model_copy(update=stored))


@contextlib.asynccontextmanager
async def gateway(redis: Redis, planner: Planner, pool: Pool, **changes: Any) -> AsyncIterator[FastAPI]:
    """The app, within its lifespan."""
    chosen = settings(**changes)
    backends = Backends({chosen.model: Backend(planner, pool, chosen.pool)})
    async with served(redis, backends, chosen) as app:
        yield app


@contextlib.asynccontextmanager
async def served(redis: Redis, backends: Backends, chosen: Settings) -> AsyncIterator[FastAPI]:
    """The app in front of any models."""
    gateway_id = backends.of(None).pool.gateway_id
    async with opened(chosen.blobs_url) as objects:
        app = create_app(chosen, lambda settings: assembled(settings, redis, objects, backends, gateway_id))
        async with app.router.lifespan_context(app):
            yield app


@contextlib.asynccontextmanager
async def client(app: FastAPI, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the app within the process; a streamed answer is there only when it has ended."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", **options) as client:
        yield client


@contextlib.asynccontextmanager
async def sdk(app: FastAPI) -> AsyncIterator[openai.AsyncOpenAI]:
    """An unchanged OpenAI client of the app."""
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app))
    async with openai.AsyncOpenAI(
        base_url="http://gateway/v1", api_key="any", http_client=http, max_retries=0
    ) as client:
        yield client


@contextlib.asynccontextmanager
async def listening(app: Any, served: Settings | None = None) -> AsyncIterator[str]:
    """The app on a port of its own, for what needs a connection: streams as they come, clients that leave."""
    server = Server(server_config(app, served or settings(), port=0, lifespan="off"))
    serving = asyncio.create_task(server._serve())  # `serve` would take the signals of the test run
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


def events(body: str) -> list[dict[str, Any]]:
    """The data of each event of a stream."""
    lines = body.split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


async def eventually(condition: Callable[[], Any]) -> None:
    """Wait until something holds that nobody announces; it must within seconds."""
    async with asyncio.timeout(5):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


def shown(response):
    """What a response consists of: texts, and the bytes of pictures."""
    return [
        item.content[0].text if item.type == "message" else base64.b64decode(item.result)
        for item in response.output
    ]
