"""Starts the whole system once: real Redis, the storybook planner in vLLM, storybook visualizers, and three gateways.

`gateway` draws with the storybook visualizers. `gateway-slow` draws from a pool of simulated ones whose pictures take seconds, so
that a test can act while one is drawn; `gateway-empty` from a pool that nobody serves.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openai import OpenAI

from deploy.local.services import Service, Stack, build, free_ports, python_service
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import Supervisor
from tests.e2e.composing import Compose

SLOW_PICTURE = {"steps": 8, "step_ms": 250, "sizes": [[128, 128], [160, 96], [96, 160]]}
SLOW_VISUALIZERS = ("slow-1", "slow-2")


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs beside the stack itself, sharing its planner and its Redis; addresses by name."""

    services: tuple[Service, ...]
    slow_url: str
    empty_url: str
    slow_workers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Running:
    """The running system as its users and operators see it."""

    url: str
    beside: Beside
    supervisor: Supervisor
    log: Path

    @property
    def slow_url(self) -> str:
        return self.beside.slow_url

    @property
    def empty_url(self) -> str:
        return self.beside.empty_url

    def kill(self, name: str) -> None:
        """End a process as a crash would, with nothing said."""
        os.kill(self.supervisor.pid(name), signal.SIGKILL)

    def slow_worker(self, worker: str) -> str:
        """The service that calls itself `worker`: a name that ends in its process's id and a token."""
        pid = int(worker.split("-")[-2])
        return next(name for name in SLOW_VISUALIZERS if self.supervisor.pid(name) == pid)


def beside(stack: Stack) -> Beside:
    slow, empty, *side_ports = free_ports(0, 0, *[0] * len(SLOW_VISUALIZERS))
    shared = {
        "GATEWAY_REDIS_URL": stack.redis_url,
        "GATEWAY_BLOBS_URL": stack.blobs_url,
        "VISUALIZER_BLOBS_URL": stack.blobs_url,
        "GATEWAY_PLANNER_URL": stack.planner_url,
        "GATEWAY_MODEL": "storybook",
        "GATEWAY_PATIENCE": json.dumps({"reader_grace_s": 2, "beat_s": 0.5}),
        "VISUALIZER_REDIS_URL": stack.redis_url,
        "VISUALIZER_POOL": "slow",
        "VISUALIZER_MODEL": "simulated",
        "VISUALIZER_SIMULATION": json.dumps(SLOW_PICTURE),
    }
    workers = dict(zip(SLOW_VISUALIZERS, side_ports, strict=True))
    gateways = {
        "gateway-slow": {"GATEWAY_PORT": str(slow), "GATEWAY_POOL": "slow"},
        "gateway-empty": {"GATEWAY_PORT": str(empty), "GATEWAY_POOL": "empty", "GATEWAY_JOB_TIMEOUT_S": "2"},
    }
    services = [
        python_service(name, "visualizer_service.main", port, shared | {"VISUALIZER_PORT": str(port)})
        for name, port in workers.items()
    ] + [
        python_service(name, "gateway.main", int(own["GATEWAY_PORT"]), shared | own)
        for name, own in gateways.items()
    ]
    urls = {name: f"http://127.0.0.1:{port}" for name, port in workers.items()}
    return Beside(tuple(services), f"http://127.0.0.1:{slow}", f"http://127.0.0.1:{empty}", urls)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("stack")
    stack = build(LocalSettings(directory=directory))
    more = beside(stack)
    redis, models, front = stack.stages
    stages = dataclasses.replace(stack, stages=(redis, models, (*front, *more.services)))
    log = directory / "log"
    with log.open("w", encoding="utf-8", buffering=1) as lines:
        supervisor = Supervisor(
            stages,
            start_timeout_s=400,
            echo=lambda name, line: print(f"{name}: {line}", file=lines),
            notice=lambda name, state: print(f"{name} is {state}", file=lines),
        )
        with supervisor:
            yield Running(stack.gateway_url, more, supervisor, log)


@pytest.fixture
def client(running: Running) -> Iterator[OpenAI]:
    """An unchanged OpenAI client."""
    with OpenAI(base_url=f"{running.url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        yield client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that needs the system pays for its start, which takes minutes on a busy machine."""
    for item in items:
        if "running" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(900))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """A test that fails shows what the services said last."""
    report = yield
    if report.when == "call" and report.failed:
        for system in getattr(item, "funcargs", {}).values():
            match system:
                case Running():
                    lines = system.log.read_text(encoding="utf-8").splitlines()
                    report.sections.append(("the services' last lines", "\n".join(lines[-60:])))
                case Compose():
                    report.sections.append(("the containers' last lines", system("logs", "--tail", "80")))
    return report
