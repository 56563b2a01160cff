"""Redis with a password, published to a private network, and a visualizer that joins from outside: `make compose-test`."""

import json
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from deploy.local.services import free_ports
from tests.e2e.composing import ROOT, Compose, compose_command

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2400)]

PROJECT, PASSWORD = "weaver-machines", "fox1905"
SIMULATED = {
    "VISUALIZER_MODEL": "simulated",
    "VISUALIZER_SIMULATION": json.dumps({"steps": 2, "step_ms": 100, "sizes": [[128, 128]]}),
}
WITHIN_S = 120.0


@pytest.fixture(scope="module")
def redis_port() -> int:
    (port,) = free_ports(0)
    return port


@pytest.fixture(scope="module")
def published(redis_port: int) -> Iterator[Compose]:
    """The first machine, without its planner: pictures are described by whoever asks."""
    (port,) = free_ports(0)
    environment = {"REDIS_PASSWORD": PASSWORD, "REDIS_BIND": f"127.0.0.1:{redis_port}", **SIMULATED}
    files = (ROOT / "docker-compose.yml", ROOT / "deploy" / "compose.machines.yml")
    compose = Compose(compose_command(), files, port, environment=environment, project=PROJECT)
    try:
        compose("build", "visualizer", "gateway")
        compose("up", "-d", "--no-deps", "redis", "visualizer", "gateway")
        yield compose
    finally:
        compose("down", "-v", "--timeout", "5")


@pytest.fixture
def other_machine(published: Compose, redis_port: int) -> Iterator[str]:
    """A container outside the project's network; what is in Redis it reaches by the address that is published."""
    (port,) = free_ports(0)
    settings = {
        "VISUALIZER_PORT": str(port),
        "VISUALIZER_REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{redis_port}/0",
        "VISUALIZER_BLOBS_URL": "file:///pictures",
        **SIMULATED,
    }
    variables = [word for name, value in settings.items() for word in ("--env", f"{name}={value}")]
    command = ["docker", "run", "--detach", "--init", "--network", "host", *variables]
    command += ["--volume", f"{PROJECT}_pictures:/pictures", "weaver-visualizer"]
    started = subprocess.run(command, capture_output=True, text=True, check=True)
    container = started.stdout.strip()
    yield container
    subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=True)


def await_workers(compose: Compose, how_many: int) -> None:
    give_up_at, seen = time.monotonic() + WITHIN_S, None
    while seen != how_many:
        assert time.monotonic() < give_up_at, (seen, compose("logs", "--tail", "20"))
        time.sleep(0.5)
        try:
            status = httpx.get(f"{compose.url}/v1/status", timeout=10).raise_for_status().json()
        except httpx.HTTPError:
            continue
        seen = len(status["pool"]["workers"]) if status["pool"] else None


def test_redis_answers_nobody_without_the_password(published: Compose, redis_port: int) -> None:
    await_workers(published, 1)
    with Redis(port=redis_port) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()
    with Redis(port=redis_port, password=PASSWORD) as friend:
        assert friend.ping()


def test_a_visualizer_elsewhere_joins_draws_and_leaves(published: Compose, other_machine: str) -> None:
    await_workers(published, 2)
    published("stop", "visualizer")
    await_workers(published, 1)
    asked = {"prompt": "a fox at the sea", "planner": False, "response_format": "url"}
    with httpx.Client(base_url=published.url, timeout=60) as http:
        drawn = http.post("/v1/images/generations", json=asked).raise_for_status().json()
        picture = http.get(drawn["data"][0]["url"]).raise_for_status()
    assert picture.headers["content-type"] == "image/png"
    subprocess.run(["docker", "stop", other_machine], capture_output=True, check=True)
    await_workers(published, 0)
