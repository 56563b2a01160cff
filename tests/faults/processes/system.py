"""The whole system as processes: two gateways, planners with a scripted model, simulated visualizers and a Redis."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.processes.program import Program
from tests.faults.processes.store import Store
from tests.ports import lasting_ports

GRACE = {"GATEWAY_SHUTDOWN_S": "20", "PLANNER_GRACE_S": "20", "VISUALIZER_DRAIN_GRACE_S": "20"}
PICTURE = {"steps": 4, "step_ms": 50, "sizes": [[64, 64]], "slots": 2}


@dataclass(frozen=True, slots=True)
class System:
    """Everything that runs; `urls` are the gateways'."""

    store: Store
    upstream: Program
    planners: list[Program]
    visualizers: list[Program]
    gateways: list[Program]
    urls: list[str]

    @property
    def services(self) -> list[Program]:
        """All that a fault may hit, Redis apart."""
        return [self.upstream, *self.planners, *self.visualizers, *self.gateways]

    async def ready(self) -> None:
        """Wait until everything is well."""
        for service in self.services:
            await service.ready()


@asynccontextmanager
async def system(
    folder: Path,
    *,
    planners: int = 1,
    visualizers: int = 3,
) -> AsyncIterator[System]:
    """The system, ready; its files and what it says lie in `folder`."""
    upstream_port, *ports = lasting_ports(1 + planners + visualizers + 2)
    store = Store(folder)
    shared = {
        "OMP_NUM_THREADS": "1",
        "GATEWAY_REDIS_URL": store.url,
        "VISUALIZER_REDIS_URL": store.url,
        **GRACE,
    }

    def service(name: str, module: str, port: int, **env: str) -> Program:
        command = [sys.executable, "-m", module]
        return Program(name, command, shared | env, folder / f"{name}.log", f"http://127.0.0.1:{port}")

    upstream = Program(
        "upstream",
        [sys.executable, "-m", "tests.faults.processes.upstream", str(upstream_port)],
        shared,
        folder / "upstream.log",
        f"http://127.0.0.1:{upstream_port}",
    )
    planner_ports, visualizer_ports, gateway_ports = (
        ports[:planners],
        ports[planners : planners + visualizers],
        ports[-2:],
    )
    urls = [f"http://127.0.0.1:{port}" for port in gateway_ports]
    made = System(
        store,
        upstream,
        [
            service(
                f"planner-{number}",
                "planner_service.main",
                port,
                PLANNER_PORT=str(port),
                PLANNER_BACKEND="openai",
                PLANNER_MODEL="scripted",
                PLANNER_INSTRUCTIONS="off",
                PLANNER_UPSTREAM_URL=f"http://127.0.0.1:{upstream_port}/v1",
            )
            for number, port in enumerate(planner_ports)
        ],
        [
            service(
                f"visualizer-{number}",
                "visualizer_service.main",
                port,
                VISUALIZER_PORT=str(port),
                VISUALIZER_MODEL="simulated",
                VISUALIZER_SIMULATION=json.dumps(PICTURE),
            )
            for number, port in enumerate(visualizer_ports)
        ],
        [
            service(
                f"gateway-{number}",
                "tests.faulty_gateway",
                port,
                GATEWAY_PORT=str(port),
                GATEWAY_PLANNER_URL=",".join(f"http://127.0.0.1:{port}" for port in planner_ports),
                GATEWAY_PUBLIC_URL="http://pictures.invalid",
            )
            for number, port in enumerate(gateway_ports)
        ],
        urls,
    )
    try:
        await store.start()
        async with asyncio.TaskGroup() as starting:
            for program in (upstream, *made.planners, *made.visualizers):
                starting.create_task(program.start())
        async with asyncio.TaskGroup() as starting:
            for program in made.gateways:
                starting.create_task(program.start())
        yield made
    finally:
        for program in made.services:
            await program.kill()
        await store.close()
