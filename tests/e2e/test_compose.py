"""The compose file, built and run on a real Docker engine: `make compose-test`."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.local.services import free_ports
from tests.e2e.composing import ROOT, SLOW, Compose, compose_command
from tests.e2e.streams import asked, illustrated, pictures, text, types, until, whole

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2400)]

GENERATING = "response.image_generation_call.generating"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    (port,) = free_ports(0)
    compose = Compose(compose_command(), (ROOT / "docker-compose.yml",), port)
    try:
        compose("build")
        compose("up", "-d")
        compose.await_ready(300)
        yield compose
    finally:
        compose("down", "-v", "--timeout", "5")


@pytest.fixture(scope="module")
def slow(stack: Compose, tmp_path_factory: pytest.TempPathFactory) -> Compose:
    """The same project, scaled to three visualizers whose pictures take seconds."""
    override = tmp_path_factory.mktemp("compose") / "slow.json"
    override.write_text(json.dumps({"services": {"visualizer": {"environment": SLOW}}}))
    slow = Compose(stack.command, (*stack.files, override), stack.port)
    slow("up", "-d", "--scale", "visualizer=3")
    slow.await_ready(120)
    return slow


SCALED_AT_S, LASTS_S = 40.0, 90.0
STARTING_S = 20.0
"""What new containers take until they draw."""


def load(compose: Compose) -> None:
    """Twice as many pictures as three visualizers draw, from the profile's own container."""
    said = {"SCENARIO": "steady", "MIX": "pictures", "RATE_PER_S": "1.5", "LASTS_S": f"{LASTS_S:g}"}
    variables = [word for name, value in said.items() for word in ("-e", f"LOAD_{name}={value}")]
    compose("run", "--rm", "--no-deps", *variables, "load")


def pictures_per_s(report: dict, from_s: float, to_s: float) -> float:
    windows = [
        row["pictures_per_s"] for row in report["timeline"] if from_s <= row["at_s"] < to_s - LASTS_S / 20
    ]
    return sum(windows) / len(windows)


def inspect(container: str, template: str) -> str:
    return subprocess.run(
        ["docker", "inspect", "--format", template, container], capture_output=True, text=True, check=True
    ).stdout.strip()


def first_health(container: str, within_s: float) -> str:
    """What the engine's first look at the container's health says; it looks every few seconds only."""
    deadline = time.monotonic() + within_s
    while (health := inspect(container, "{{.State.Health.Status}}")) == "starting":
        assert time.monotonic() < deadline, f"no look at {container} in {within_s:g} s"
        time.sleep(0.5)
    return health


def test_a_story_comes_out_of_the_containers(stack: Compose) -> None:
    seen = whole(stack.url, illustrated(3))
    assert seen[-1]["type"] == "response.completed"
    assert text(seen[-1]).strip()
    assert [picture["status"] for picture in pictures(seen[-1])] == ["completed"] * 3
    assert not any(picture["simulated"] for picture in pictures(seen[-1]))


@pytest.mark.parametrize("service", ["planner", "visualizer", "gateway"])
def test_containers_run_without_root_on_a_read_only_system(stack: Compose, service: str) -> None:
    (container,) = stack.containers(service)
    assert inspect(container, "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}}") == "10001:10001 true"
    assert first_health(container, within_s=60) == "healthy"


def test_a_visualizer_container_killed_while_drawing_loses_nothing(slow: Compose) -> None:
    assert len(slow.containers("visualizer")) == 3
    with asked(slow.url, illustrated(3)) as stream:
        seen = until(stream, GENERATING)
        victim = seen[-1]["worker"].rsplit("-", 2)[0]
        subprocess.run(["docker", "kill", "--signal", "KILL", victim], capture_output=True, check=True)
        seen += stream
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    assert seen[-1]["type"] == "response.completed"
    assert [picture["status"] for picture in pictures(seen[-1])] == ["completed"] * 3
    assert types(seen).count("response.image_generation_call.completed") == 3
    assert any(event["attempt"] > 1 for event in seen if event["type"] == GENERATING)


def test_throughput_follows_a_pool_that_is_scaled_while_a_load_is_on(slow: Compose) -> None:
    slow("build", "load")
    with ThreadPoolExecutor(1) as beside:
        began = time.monotonic()
        loading = beside.submit(load, slow)
        while slow.containers("load") == [] and not loading.done():
            time.sleep(0.5)
        started_s = time.monotonic() - began
        time.sleep(SCALED_AT_S)
        slow("up", "-d", "--no-recreate", "--scale", "visualizer=5", "visualizer")
        loading.result()
    report = json.loads((ROOT / "out" / "load.json").read_text())
    assert report["all"]["outcomes"] == {"completed": report["all"]["asked"]}
    assert (report["all"]["lost"], report["all"]["doubled"]) == (0, 0)
    before = pictures_per_s(report, 10, SCALED_AT_S)
    after = pictures_per_s(report, SCALED_AT_S + STARTING_S, LASTS_S)
    assert after >= 0.9 * 5 / 3 * before, (before, after, started_s)
    assert (ROOT / "out" / "load.html").read_text().count("<svg") >= 4
