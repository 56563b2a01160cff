"""What measurements stand on: Redis, the scripted model and the planner service, and gateways and visualizers as they are asked for.

All are processes of their own, supervised as `make run` supervises them, and stopped when their context is left.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TextIO

from bench.logged import logged
from deploy.local.services import (
    DEFAULTS,
    HOST,
    LARGE_BLOCKS,
    SIMULATED,
    Service,
    Stack,
    free_ports,
    malloc,
    python_service,
    redis_service,
)
from deploy.local.supervisor import Supervisor
from deploy.probe import succeeds
from visualizer_service.engine.simulated import Simulation

START_S = 60.0


@dataclass(frozen=True, slots=True)
class Front:
    """A running gateway."""

    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """Visualizers that were started together; one that ends is started anew under its name."""

    names: tuple[str, ...]
    supervisor: Supervisor


@dataclass(frozen=True, slots=True)
class Bed:
    """Redis, model and planner, running; `lines` takes what every process says."""

    stack: Stack
    lines: TextIO
    numbers: Iterator[int]

    @contextmanager
    def gateway(self, pool: str, **settings: object) -> Iterator[Front]:
        """A gateway for a pool; `settings` are names of its environment variables without the prefix."""
        (port,) = free_ports(0)
        values = self._places(pool) | {"PLANNER_URL": self.stack.planner_url, "PORT": port} | settings
        env = DEFAULTS | LARGE_BLOCKS | {f"GATEWAY_{name}": str(value) for name, value in values.items()}
        service = python_service(f"gateway-{pool}", "gateway.main", port, env)
        with self.supervised(service) as supervisor:
            yield Front(f"http://{HOST}:{port}", supervisor.pid(service.name))

    @contextmanager
    def visualizers(self, pool: str, how_many: int, simulation: Simulation) -> Iterator[Fleet]:
        """So many simulated workers more for a pool."""
        services = [self._visualizer(pool, port, simulation) for port in free_ports(*[0] * how_many)]
        with self.supervised(*services) as supervisor:
            yield Fleet(tuple(service.name for service in services), supervisor)

    def supervised(self, *services: Service) -> Supervisor:
        """Processes of any kind, to be entered as a context."""
        return logged(replace(self.stack, stages=(services,)), START_S, self.lines)

    def _places(self, pool: str) -> dict[str, object]:
        return {"REDIS_URL": self.stack.redis_url, "BLOBS_URL": self.stack.blobs_url, "POOL": pool}

    def _visualizer(self, pool: str, port: int, simulation: Simulation) -> Service:
        values = self._places(pool) | {"MODEL": SIMULATED, "PORT": port}
        values["SIMULATION"] = json.dumps(simulation.model_dump())
        env = (
            DEFAULTS
            | malloc(SIMULATED)
            | {f"VISUALIZER_{name}": str(value) for name, value in values.items()}
        )
        return python_service(f"visualizer-{next(self.numbers)}", "visualizer_service.main", port, env)


@contextmanager
def bed(directory: Path) -> Iterator[Bed]:
    """Everything but gateways and visualizers, with logs, pictures and Redis's files in `directory`."""
    data = directory.resolve() / "redis"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    stack = _stack(data)
    log = directory / "services.log"
    with log.open("w", encoding="utf-8", buffering=1) as lines, logged(stack, START_S, lines):
        yield Bed(stack, lines, count(1))


def _stack(data: Path) -> Stack:
    redis_port, writer, planner = free_ports(0, 0, 0)
    redis = redis_service(redis_port, data)
    model = Service(
        "writer",
        (sys.executable, "-m", "bench.serving.writer", str(writer)),
        partial(succeeds, f"http://{HOST}:{writer}/readyz", timeout_s=2),
        DEFAULTS,
    )
    settings = {
        "PLANNER_PORT": str(planner),
        "PLANNER_BACKEND": "openai",
        "PLANNER_MODEL": "scripted",
        "PLANNER_INSTRUCTIONS": "off",
        "PLANNER_UPSTREAM_URL": f"http://{HOST}:{writer}/v1",
    }
    service = python_service("planner", "planner_service.main", planner, DEFAULTS | settings)
    url = f"redis://{HOST}:{redis_port}/0"
    return Stack(
        ((redis, model), (service,)),
        "",
        f"http://{HOST}:{planner}",
        (),
        url,
        (data.parent / "pictures").as_uri(),
    )
