"""`python -m gateway.main`: wires the gateway's parts and serves until a signal.

On SIGTERM the process says that it is not ready, lets open responses end, tells whoever still reads why it stops, and exits 0.
uvicorn's own lifespan learns of a signal only after the last stream has ended, so the signal is taken here.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI
from redis.asyncio import Redis

from gateway.auth import Keys
from gateway.body_limit import BodyLimit
from gateway.conductor import Conductor
from gateway.dialects.desk import Desk
from gateway.files import Files
from gateway.follow import Follower
from gateway.history import History
from gateway.images import ImageCheck, ImageLimits
from gateway.links import Links, shared_secret
from gateway.mcp import server as mcp
from gateway.metrics import Meter, MeteredLedger
from gateway.once import Once
from gateway.openapi import complete
from gateway.parts import Parts, Planner, Pool
from gateway.problems import answer_with_problems
from gateway.remote_images import RemoteImages
from gateway.request_id import RequestId, with_request_id
from gateway.routes import chat, files, gemini, images, responses, service, studio, ui
from gateway.settings import Settings
from gateway.sse import Streams
from planner_service import client as planner_client
from visualizer_service import client as visualizer_client
from visualizer_service.blobs import Blobs
from visualizer_service.queue import connect

log = logging.getLogger(__name__)

SUMMARY = "One request in, one answer out in which text and pictures alternate."
# For a reader to be sent the last events of its response.
FLUSH_S = 3.0

Wire = Callable[[Settings], AbstractAsyncContextManager[Parts]]


@asynccontextmanager
async def wired(settings: Settings) -> AsyncGenerator[Parts]:
    """The parts of a gateway that talks to the real planner and pool."""
    gateway_id = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(connect(settings.redis_url))
        planner = await stack.enter_async_context(planner_client.Planner(settings.planner_url))
        pool = visualizer_client.Pool(redis, settings.pool, gateway_id, settings.most_waiting_jobs)
        await stack.enter_async_context(pool)
        yield await stack.enter_async_context(assembled(settings, redis, planner, pool))


@asynccontextmanager
async def assembled(settings: Settings, redis: Redis, planner: Planner, pool: Pool) -> AsyncGenerator[Parts]:
    """The parts of a gateway around any planner and pool."""
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
        kept = Files(redis, blobs, history, settings.keep_s)
        desk = Desk(settings, blobs, kept, images, history, _remote(settings))
        once = Once(redis, settings.keep_s)
        links = Links(await shared_secret(redis, settings.link_secret), settings.keep_s)
        keys = Keys(settings.api_keys)
        yield Parts(
            settings, redis, planner, pool, conductor, follower, desk, once, links, keys, meter, streams
        )


def _remote(settings: Settings) -> RemoteImages | None:
    return (
        RemoteImages(settings.most_image_bytes, settings.remote_image_s) if settings.remote_images else None
    )


def create_app(settings: Settings, wire: Wire = wired) -> FastAPI:
    """The gateway as an ASGI app; its parts live as long as its lifespan."""
    agents = mcp.Endpoint(settings.most_body_bytes)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with wire(settings) as parts, agents.run():
            app.state.parts = parts
            yield

    app = FastAPI(title="Weaver", summary=SUMMARY, lifespan=lifespan, docs_url=None, redoc_url=None)
    for routes in (responses, chat, gemini, images, files, service, studio, ui):
        app.include_router(routes.router)
    app.router.routes.append(mcp.route(agents))
    complete(app)
    answer_with_problems(app, lambda code: app.state.parts.meter.refused(code))
    app.add_middleware(BodyLimit, most_bytes=settings.most_body_bytes)
    app.add_middleware(RequestId)
    return app


class Server(uvicorn.Server):
    """Serves the app and takes the signals that end it."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=round(FLUSH_S),
            )
        )
        self._state = app.state
        self._shutdown_s = settings.shutdown_s
        self._loop = asyncio.get_running_loop()
        self._leaving: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave in order; a second interrupt leaves at once. Unlike in uvicorn, the signal is not raised again at the end."""
        self.force_exit = self._leaving is not None and sig == signal.SIGINT
        self._loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self._leaving = self._leaving or asyncio.create_task(self._end_streams())

    async def _end_streams(self) -> None:
        parts: Parts | None = getattr(self._state, "parts", None)
        if parts is not None:
            log.info("leaving", extra={"streams": parts.streams.open, "responses": parts.conductor.under_way})
            parts.leaving = True
            await parts.conductor.drain(self._shutdown_s)
            await parts.streams.close(FLUSH_S)
        self.should_exit = True


async def serve(settings: Settings) -> None:
    """Serve until a signal."""
    server = Server(create_app(settings), settings)
    # All of this stays. Searching it for garbage now and then would hold every stream up for a tenth of a second.
    gc.collect()
    gc.freeze()
    await server.serve()
    if not server.started:
        sys.exit(1)


def main() -> None:
    """Run the service."""
    settings = Settings()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s"
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(with_request_id)
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
