"""`python -m gateway.main`: serves the app until a signal.

On SIGTERM the process says that it is not ready, lets open responses end, tells whoever still reads why it stops, and exits 0.
uvicorn's own lifespan learns of a signal only after the last stream has ended, so the signal is taken here.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
from types import FrameType

import uvloop
from fastapi import FastAPI

from gateway.app import Wire, create_app
from gateway.assembly import wired
from gateway.http import server as http
from gateway.http.container import Container
from gateway.http.routes.metrics import metrics_port
from gateway.settings import Settings
from telemetry import logs, traces

log = logging.getLogger(__name__)

# For a reader to be sent the last events of its response.
FLUSH_S = 3.0
# Tokens are small objects that nothing leads in a circle to, and there are many: by Python's own 700 a sixth of a token's time is search.
GC_THRESHOLDS = (20_000, 20, 100)


class Server(http.Server):
    """Serves the app and takes the signals that end it."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(
            http.server_config(
                app,
                settings,
                host=settings.host,
                port=settings.port,
                timeout_graceful_shutdown=round(FLUSH_S),
            )
        )
        self._state = app.state
        self._shutdown_s = settings.shutdown_s
        self._loop = asyncio.get_running_loop()
        self._leaving: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.broken = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave in order; a second interrupt leaves at once. Unlike in uvicorn, the signal is not raised again at the end."""
        self.force_exit = self._leaving is not None and sig == signal.SIGINT
        self._loop.call_soon_threadsafe(self._leave)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and to look after the loops of the process."""
        await super().startup(sockets)
        if self.started:
            self._supervisor = asyncio.create_task(self._supervise())

    async def _supervise(self) -> None:
        """End the process once one of its loops has ended; others go on with its answers."""
        container: Container = self._state.container
        await container.loops.broken.wait()
        self.broken = True
        self._leave()

    def _leave(self) -> None:
        self._leaving = self._leaving or asyncio.create_task(self._end_streams())

    async def _end_streams(self) -> None:
        container: Container | None = getattr(self._state, "container", None)
        if container is not None:
            log.info(
                "leaving",
                extra={"streams": container.streams.open, "responses": container.conductor.under_way},
            )
            container.leaving = True
            began_at = time.monotonic()
            await container.conductor.drain(self._shutdown_s)
            # Answers that went on elsewhere are still read here.
            left_s = self._shutdown_s - (time.monotonic() - began_at)
            await container.streams.close(max(FLUSH_S, left_s))
        self.should_exit = True


async def serve(settings: Settings, wire: Wire = wired) -> None:
    """Serve until a signal, or until a loop has ended that should not; exits with 1 then, and where it could not start."""
    app = create_app(settings, wire)
    server = Server(app, settings)
    # All of this stays. Searching it for garbage now and then would hold every stream up for a tenth of a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    async with metrics_port(app, settings):
        await server.serve()
    if not server.started or server.broken:
        sys.exit(1)


def main() -> None:
    """Run the service."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format, "gateway")
    traces.configure("gateway")
    try:
        uvloop.run(serve(settings))
    finally:
        traces.flush()


if __name__ == "__main__":
    main()
