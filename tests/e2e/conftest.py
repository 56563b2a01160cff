"""Starts the whole system once: real Redis, the storybook planner in vLLM, storybook visualizers, and two gateways.

The second gateway draws from a pool of simulated visualizers whose pictures take seconds, so that a test can act while one is drawn.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from openai import OpenAI

from deploy.local.services import Service, Stack, build, free_ports, python_service
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import Supervisor

ROOT = Path(__file__).parents[2]
SLOW = "slow"
SLOW_PICTURE = {"steps": 8, "step_ms": 250, "sizes": [[128, 128], [160, 96], [96, 160]]}


@dataclass(frozen=True, slots=True)
class Running:
    """The running system as its users and operators see it."""

    stack: Stack
    slow_url: str
    slow_workers: dict[str, str]
    supervisor: Supervisor
    log: Path

    @property
    def url(self) -> str:
        return self.stack.gateway_url

    def client(self, url: str | None = None) -> OpenAI:
        """An unchanged OpenAI client."""
        return OpenAI(base_url=f"{url or self.url}/v1", api_key="none", max_retries=0, timeout=120)

    def kill(self, name: str) -> None:
        """End a process as a crash would, with nothing said."""
        os.kill(self.supervisor.pid(name), signal.SIGKILL)


def slow_pool(stack: Stack, workers: int) -> tuple[list[Service], str, dict[str, str]]:
    """A gateway and a pool of simulated visualizers beside those of `stack`, sharing its planner and its Redis."""
    port, *side_ports = free_ports(0, *[0] * workers)
    env = {
        "GATEWAY_REDIS_URL": stack.redis_url,
        "VISUALIZER_REDIS_URL": stack.redis_url,
        "GATEWAY_PLANNER_URL": stack.planner_url,
        "GATEWAY_MODEL": "storybook",
        "GATEWAY_POOL": SLOW,
        "GATEWAY_PORT": str(port),
        "GATEWAY_JOB_TIMEOUT_S": "40",
        "GATEWAY_READER_GRACE_S": "1",
        "VISUALIZER_POOL": SLOW,
        "VISUALIZER_MODEL": "simulated",
        "VISUALIZER_SIMULATION": json.dumps(SLOW_PICTURE),
    }
    drawing = [
        python_service(
            f"slow-{number}", "visualizer_service.main", side_port, env | {"VISUALIZER_PORT": str(side_port)}
        )
        for number, side_port in enumerate(side_ports, start=1)
    ]
    urls = {
        f"slow-{number}": f"http://127.0.0.1:{side_port}"
        for number, side_port in enumerate(side_ports, start=1)
    }
    gateway = python_service("gateway-slow", "gateway.main", port, env)
    return [*drawing, gateway], f"http://127.0.0.1:{port}", urls


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("stack")
    stack = build(LocalSettings(directory=directory))
    beside, slow_url, slow_workers = slow_pool(stack, workers=2)
    redis, models, front = stack.stages
    stack = dataclasses.replace(stack, stages=(redis, models, (*front, *beside)))
    log = directory / "log"
    with log.open("w", encoding="utf-8", buffering=1) as lines:
        supervisor = Supervisor(
            stack,
            start_timeout_s=300,
            echo=lambda name, line: print(f"{name}: {line}", file=lines),
            notice=lambda name, state: print(f"{name} is {state}", file=lines),
        )
        with supervisor:
            yield Running(stack, slow_url, slow_workers, supervisor, log)


@pytest.fixture
def client(running: Running) -> OpenAI:
    return running.client()


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=120) as http:
        yield http


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """A test that fails shows what the services said last."""
    report = yield
    running = getattr(item, "funcargs", {}).get("running")
    if report.when == "call" and report.failed and isinstance(running, Running):
        lines = running.log.read_text(encoding="utf-8").splitlines()
        report.sections.append(("the services' last lines", "\n".join(lines[-60:])))
    return report
