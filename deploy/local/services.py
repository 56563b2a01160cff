"""The services of a local stack, stage by stage: their commands, environments, and how to see that each is ready.

It knows nothing of processes (see `supervisor`). Environments given from outside win over what is set here.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import httpx

from deploy.local import redis_server
from deploy.local.settings import LocalSettings

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Service:
    """One process to keep running."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stack:
    """Stages of services: a stage starts when the one before it is ready."""

    stages: tuple[tuple[Service, ...], ...]
    gateway_url: str
    planner_url: str
    visualizer_urls: tuple[str, ...]
    redis_url: str


def build(settings: LocalSettings, extra_env: Mapping[str, str] | None = None) -> Stack:
    """Choose ports and spell out every service; `extra_env` is for all of them."""
    gateway, planner, redis_port, *side_ports = _ports(settings)
    redis_url = f"redis://{HOST}:{redis_port}/0"
    shared = {
        # With more threads than idle cores, small operators are many times slower.
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PYTHONUNBUFFERED": "1",
        "VISUALIZER_REDIS_URL": redis_url,
        "GATEWAY_REDIS_URL": redis_url,
        "GATEWAY_PLANNER_URL": _url(planner),
        "GATEWAY_MODEL": settings.public_model,
        "PLANNER_MODEL": settings.planner_model,
        "VISUALIZER_MODEL": settings.visualizer_model,
        **(extra_env or {}),
    }
    data = settings.directory.resolve() / "redis"
    data.mkdir(parents=True, exist_ok=True)
    redis = Service(
        "redis", tuple(redis_server.command(redis_port, data)), partial(redis_server.answers, redis_port)
    )
    models = (
        python_service("planner", "planner_service.main", planner, shared | {"PLANNER_PORT": str(planner)}),
        *(
            python_service(
                f"visualizer-{number}",
                "visualizer_service.main",
                port,
                shared | {"VISUALIZER_PORT": str(port)},
            )
            for number, port in enumerate(side_ports, start=1)
        ),
    )
    front = python_service("gateway", "gateway.main", gateway, shared | {"GATEWAY_PORT": str(gateway)})
    return Stack(
        ((redis,), models, (front,)), _url(gateway), _url(planner), tuple(map(_url, side_ports)), redis_url
    )


def python_service(name: str, module: str, port: int, env: Mapping[str, str]) -> Service:
    """A service of ours, ready when it says so under `/readyz`."""
    return Service(name, (sys.executable, "-m", module), partial(_says_ready, _url(port)), env)


def _says_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).is_success
    except httpx.TransportError:
        return False


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


def _ports(settings: LocalSettings) -> list[int]:
    wanted = [settings.gateway_port, settings.planner_port, settings.redis_port]
    return free_ports(*wanted, *[0] * settings.visualizers)


def free_ports(*wanted: int) -> list[int]:
    """A port for each that is wanted, 0 being any; all are held open together, so that no two are alike.

    Raises:
        OSError: a port is taken.
    """
    held = [socket.create_server((HOST, port)) for port in wanted]
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports
