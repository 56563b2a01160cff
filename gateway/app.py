"""The gateway as an ASGI app: its container, its routes and the layers around them."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis
from starlette.middleware.cors import CORSMiddleware

from gateway.dialects.common.intake import Intake
from gateway.http.access import AccessLog
from gateway.http.auth import ApiKeys
from gateway.http.body_limit import BodyLimit
from gateway.http.container import Container, Planner, Pool
from gateway.http.encodings import Encodings
from gateway.http.metrics import Meter, MeteredLedger
from gateway.http.openapi import complete
from gateway.http.paths import Paths
from gateway.http.pool_metrics import PoolMetrics
from gateway.http.problems import answer_with_problems
from gateway.http.request_id import RequestId
from gateway.http.routes import (
    chat,
    docs,
    files,
    gemini,
    gemini_files,
    images,
    mcp,
    responses,
    service,
    studio,
    ui,
)
from gateway.http.sse import Streams
from gateway.media.check import ImageCheck, ImageLimits
from gateway.media.fetch import RemoteImages
from gateway.running.conductor import Conductor
from gateway.settings import Settings
from gateway.store.files import Files
from gateway.store.follow import Follower
from gateway.store.history import History
from gateway.store.idempotency import Idempotency
from gateway.store.links import Links, shared_secret
from planner_service import client as planner_client
from visualizer_service import client as visualizer_client
from visualizer_service.queue.blobs import Blobs
from visualizer_service.queue.connection import connect

SUMMARY = "One request in, one answer out in which text and pictures alternate."
# What a page elsewhere may read of our answers' heads, beside what every page may.
EXPOSED = ("x-request-id", "x-weaver-warnings", "retry-after", "x-should-retry", "etag", "content-range")
Wire = Callable[[Settings], AbstractAsyncContextManager[Container]]


@asynccontextmanager
async def wired(settings: Settings) -> AsyncGenerator[Container]:
    """The container of a gateway that talks to the real planner and pool."""
    gateway_id = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(connect(settings.redis_url))
        planner = await stack.enter_async_context(planner_client.Planner(settings.planner_url))
        pool = visualizer_client.Pool(redis, settings.pool, gateway_id, settings.most_waiting_jobs)
        await stack.enter_async_context(pool)
        yield await stack.enter_async_context(assembled(settings, redis, planner, pool))


@asynccontextmanager
async def assembled(
    settings: Settings, redis: Redis, planner: Planner, pool: Pool
) -> AsyncGenerator[Container]:
    """The container of a gateway around any planner and pool."""
    streams = Streams(settings.heartbeat_s, settings.write_s)
    meter = Meter(streams)
    blobs = Blobs(redis, settings.keep_s)
    ledger = MeteredLedger(redis, settings.keep_s, meter)
    images = ImageCheck(
        ImageLimits(settings.most_image_bytes, settings.most_image_pixels, settings.least_image_side_px),
        settings.image_threads,
    )
    async with AsyncExitStack() as stack:
        stack.callback(images.close)
        follower = await stack.enter_async_context(Follower(ledger, settings.patience, time.time))
        conductor = Conductor(
            planner, pool, blobs, ledger, settings.patience, time.time, settings.most_responses
        )
        await stack.enter_async_context(conductor)
        history = History(ledger, follower)
        stored_files = Files(redis, blobs, history, settings.keep_s)
        links = Links(await shared_secret(redis, settings.link_secret), settings.keep_s)
        intake = Intake(settings, blobs, stored_files, images, history, links, _remote(settings))
        idempotency = Idempotency(redis, settings.keep_s)
        keys = ApiKeys(settings.api_keys)
        yield Container(
            settings,
            redis,
            planner,
            pool,
            conductor,
            follower,
            intake,
            idempotency,
            links,
            keys,
            meter,
            PoolMetrics(redis, settings.pool),
            streams,
        )


def _remote(settings: Settings) -> RemoteImages | None:
    return (
        RemoteImages(settings.most_image_bytes, settings.remote_image_s) if settings.remote_images else None
    )


def create_app(settings: Settings, wire: Wire = wired) -> FastAPI:
    """The gateway as an ASGI app; its container lives as long as its lifespan."""
    agents = mcp.Endpoint(settings.most_body_bytes)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with wire(settings) as container, agents.run():
            app.state.container = container
            yield

    app = FastAPI(
        title="Weaver",
        summary=SUMMARY,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for routes in (responses, chat, gemini, gemini_files, images, docs, files, service, studio, ui):
        app.include_router(routes.router)
    app.router.routes.append(mcp.route(agents))
    complete(app)
    answer_with_problems(app, lambda code: app.state.container.meter.refused(code))
    app.add_middleware(BodyLimit, most_bytes=settings.most_body_bytes)
    app.add_middleware(Encodings)
    app.add_middleware(Paths, public_url=settings.public_url)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )
    app.add_middleware(AccessLog)
    app.add_middleware(RequestId)
    return app
