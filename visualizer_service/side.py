"""The side port: is this worker alive, is it ready, and what has it counted. No job ever comes this way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


def side_app(why_not_ready: Callable[[], str | None]) -> FastAPI:
    """The app; `why_not_ready` answers a reason, or None when jobs are welcome."""
    app = FastAPI(openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        reason = why_not_ready()
        if reason is None:
            return {"status": "ready"}
        response.status_code = 503
        return {"status": "not ready", "reason": reason}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM to the worker, which has jobs to finish."""
        yield


@contextlib.asynccontextmanager
async def side_port(app: FastAPI, host: str, port: int) -> AsyncIterator[None]:
    """Serve the app for as long as the block runs, its shutdown included."""
    server = _Server(uvicorn.Config(app, host=host, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
