"""What an operator's Prometheus asks: beside everything else, or on a port of its own that the world does not reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import PlainTextResponse

from gateway.http.container import ContainerDep
from gateway.http.metrics import CONTENT_TYPE
from gateway.http.server import Server, server_config
from gateway.settings import Settings

router = APIRouter(tags=["service"])


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(container: ContainerDep) -> Response:
    """Everything measured here, and what the pool is scaled by, in Prometheus' text format."""
    told = container.meter.exposition() + await container.pool_metrics.exposition()
    return Response(told, media_type=CONTENT_TYPE)


class _SideServer(Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM to the gateway, which has answers to end."""
        yield


@asynccontextmanager
async def metrics_port(app: FastAPI, settings: Settings) -> AsyncGenerator[None]:
    """Serve the metrics of this app on a port of their own for as long as the block runs, if the settings name one."""
    if settings.metrics_port is None:
        yield
        return
    side = FastAPI(openapi_url=None)
    side.state = app.state
    side.include_router(router)
    config = server_config(side, settings, host=settings.host, port=settings.metrics_port, lifespan="off")
    server = _SideServer(config)
    serving = asyncio.create_task(server.serve(), name="metrics")
    try:
        yield
    finally:
        server.should_exit = True
        await serving
