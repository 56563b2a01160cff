"""The services of a local stack, stage by stage: their commands, environments, and how to see that each is ready.

It knows nothing of processes (see `supervisor`).
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.local import redis_server
from deploy.local.settings import LocalSettings
from deploy.probe import succeeds

HOST = "127.0.0.1"

DEFAULTS = {
    # With more threads than idle cores, small operators are many times slower.
    "OMP_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
    # Whoever stops a stack on their own machine does not wait for stories to end.
    "GATEWAY_SHUTDOWN_S": "5",
    "PLANNER_GRACE_S": "5",
    "VISUALIZER_DRAIN_GRACE_S": "5",
}
"""For every service; the environment may say otherwise."""

SIMULATED = "simulated"
"""The visualizer's model that needs no torch."""
ARENAS = "glibc.malloc.arena_max=2"
"""For visualizers: with more, each thread that encodes pictures would come to keep megabytes that it once needed."""
HUGE_PAGES = "glibc.malloc.hugetlb=1"
"""Tensors in huge pages, where the kernel gives them to those who ask, make a picture 7 % cheaper on a CPU. Without tensors a process would
only grow by megabytes where kilobytes do."""
LARGE_BLOCKS = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1048576"}
"""What the C library is told of memory in a gateway and in Redis: what is larger goes back as soon as it is free. Of itself it would keep what
the largest body took, or the 10 MB that Redis 6 takes while it writes its file anew."""


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
    blobs_url: str


def build(settings: LocalSettings) -> Stack:
    """Choose ports, empty the directories of Redis and of pictures, and spell out every service.

    Raises:
        OSError: a port is taken.
    """
    gateway, planner, redis_port, *side_ports = _ports(settings)
    redis_url = f"redis://{HOST}:{redis_port}/0"
    pictures = settings.directory.resolve() / "pictures"
    shutil.rmtree(pictures, ignore_errors=True)
    blobs_url = os.environ.get("GATEWAY_BLOBS_URL", pictures.as_uri())
    shared = {
        **_unless_set(DEFAULTS),
        "VISUALIZER_REDIS_URL": redis_url,
        "GATEWAY_REDIS_URL": redis_url,
        "VISUALIZER_BLOBS_URL": blobs_url,
        "GATEWAY_BLOBS_URL": blobs_url,
        "GATEWAY_PLANNER_URL": _url(planner),
        "GATEWAY_MODEL": settings.public_model,
        "PLANNER_MODEL": settings.planner_model,
        "VISUALIZER_MODEL": settings.visualizer_model,
    }
    data = settings.directory.resolve() / "redis"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    redis = redis_service(redis_port, data)
    models = (
        python_service("planner", "planner_service.main", planner, shared | {"PLANNER_PORT": str(planner)}),
        *(
            python_service(
                f"visualizer-{number}",
                "visualizer_service.main",
                port,
                shared | _unless_set(malloc(settings.visualizer_model)) | {"VISUALIZER_PORT": str(port)},
            )
            for number, port in enumerate(side_ports, start=1)
        ),
    )
    front = python_service(
        "gateway",
        "gateway.main",
        gateway,
        shared | _unless_set(LARGE_BLOCKS) | {"GATEWAY_PORT": str(gateway)},
    )
    return Stack(
        ((redis,), models, (front,)),
        _url(gateway),
        _url(planner),
        tuple(map(_url, side_ports)),
        redis_url,
        blobs_url,
    )


def redis_service(port: int, data: Path) -> Service:
    """Redis, with its files in `data`."""
    command = tuple(redis_server.command(port, data))
    return Service("redis", command, partial(redis_server.answers, port), _unless_set(LARGE_BLOCKS))


def malloc(model: str) -> dict[str, str]:
    """What the C library is told of memory in a visualizer of this model."""
    tunables = (ARENAS,) if model == SIMULATED else (HUGE_PAGES, ARENAS)
    return {"GLIBC_TUNABLES": ":".join(tunables)}


def python_service(name: str, module: str, port: int, env: Mapping[str, str]) -> Service:
    """A service of ours, ready when it says so under `/readyz`."""
    return Service(
        name, (sys.executable, "-m", module), partial(succeeds, f"{_url(port)}/readyz", timeout_s=2), env
    )


def _unless_set(defaults: Mapping[str, str]) -> dict[str, str]:
    return {name: os.environ.get(name, value) for name, value in defaults.items()}


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
