"""`python -m planner_service.main`: loads the backend, then serves until a signal or the backend's death.

It listens only once it can plan. Exits 0 after a signal, 1 when the backend died, so that a supervisor starts it anew.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from types import FrameType

import uvicorn
import uvloop

from planner_service.backend import Backend
from planner_service.engines import cpu
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.routes import build_app
from planner_service.settings import Settings
from telemetry import logs, traces

logger = logging.getLogger(__name__)

FLUSH_S = 3
"""What is left, after the plans' grace is over, to write their last events."""


class DrainingServer(uvicorn.Server):
    """A server that stops taking plans the moment a signal asks it to end: uvicorn's own lifespan learns of it too late."""

    def __init__(self, config: uvicorn.Config, plans: Plans, grace_s: float):
        super().__init__(config)
        self._plans = plans
        self._grace_s = grace_s
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain; the signal is not raised again after serving, as uvicorn would."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self._loop.call_soon_threadsafe(self.drain)

    def drain(self) -> None:
        """Refuse new plans, let the open ones finish within the grace time, then fail them."""
        self._plans.drain()
        self._loop.call_later(self._grace_s, self._plans.fail_all)
        self.should_exit = True


async def start_backend(settings: Settings) -> Backend:
    """Load what writes the plans; importing a backend only when it is asked for keeps the other one's packages optional."""
    if settings.backend == "openai":
        from planner_service.engines.upstream import UpstreamBackend

        return UpstreamBackend(settings)
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    # With a GPU, vLLM knows better; its image has one thread a process as well.
    if cpu.is_cpu_build() and cpu.is_small():
        cpu.prepare_environment()
    from planner_service.engines.engine import VllmBackend

    return await VllmBackend.start(settings)


async def serve(settings: Settings) -> int:
    """Run the service; returns the process's exit code."""
    metrics = Metrics()
    backend = await start_backend(settings)
    try:
        plans = Plans(backend, metrics, settings.plan_timeout_s)
        config = uvicorn.Config(
            build_app(backend, plans, metrics),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=round(settings.grace_s) + FLUSH_S,
        )
        server = DrainingServer(config, plans, settings.grace_s)
        death = asyncio.create_task(backend.died())
        death.add_done_callback(lambda task: task.cancelled() or server.drain())
        # All of this stays. Searching it for garbage now and then would hold every plan up for a tenth of a second.
        gc.collect()
        gc.freeze()
        logger.info("planner ready", extra={"model": backend.model.name, "port": settings.port})
        await server.serve()
        died = death.done()
        death.cancel()
        return 1 if died else 0
    finally:
        await backend.close()


def main() -> None:
    """Run until told to stop."""
    # While the model loads nothing else listens to SIGTERM; unwinding stops vLLM's children.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format, "planner")
    traces.configure("planner")
    try:
        sys.exit(uvloop.run(serve(settings)))
    finally:
        traces.flush()


if __name__ == "__main__":
    main()
