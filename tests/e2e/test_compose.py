"""The compose file, built and run on a real Docker engine: `make compose-test`."""

import asyncio
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.services import free_ports
from tests.browser.chromium import chromium
from tests.e2e.composing import ROOT, SLOW, Compose, compose_command
from tests.e2e.streams import asked, illustrated, pictures, text, types, until, whole

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2400)]

GENERATING = "response.image_generation_call.generating"
PATIENT = {"GATEWAY_JOB_TIMEOUT_S": "300"}
"""Pictures that would be late are refused; on a machine that is busy with something else, an overload is soon late."""


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
    services = {"visualizer": {"environment": SLOW}, "gateway": {"environment": PATIENT}}
    override.write_text(json.dumps({"services": services}))
    slow = Compose(stack.command, (*stack.files, override), stack.port)
    slow("up", "-d", "--scale", "visualizer=3")
    slow.await_ready(120)
    return slow


# Long beside a picture, so that one more or less weighs little.
SCALED_AT_S, LASTS_S = 70.0, 160.0
PICTURE_S = 4.0


def begin_load(compose: Compose) -> str:
    """Twice as many pictures as three visualizers draw, from the profile's own container."""
    said = {"SCENARIO": "steady", "MIX": "pictures", "RATE_PER_S": "1.5", "LASTS_S": f"{LASTS_S:g}"}
    loading = replace(compose, environment={f"LOAD_{name}": value for name, value in said.items()})
    loading("up", "-d", "--no-deps", "load")
    (container,) = loading.containers("load")
    return container


def pictures_per_s(report: dict, from_s: float, to_s: float) -> float:
    """What was drawn a second between these times, in the middle one of the report's spans: the machine may be held up in one or two."""
    span_s = report["timeline"][1]["at_s"]
    spans = [
        row["pictures_per_s"]
        for row in report["timeline"]
        if from_s <= row["at_s"] and row["at_s"] + span_s <= to_s
    ]
    assert spans, f"no span from {from_s:.0f} to {to_s:.0f} s"
    return statistics.median(spans)


def workers_at(report: dict, least: int) -> float:
    """When so many visualizers were there for the first time."""
    return next(sample["at_s"] for sample in report["samples"] if sample["workers"] >= least)


async def looked_at(page_path: Path) -> tuple[str, int]:
    """What somebody sees who opens the report: its words, and how many plots."""
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(page_path.as_uri())
        plots = [await plot.is_visible() for plot in await page.locator("figure svg").all()]
        return await page.inner_text("body"), sum(plots)


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
    container = begin_load(slow)
    time.sleep(SCALED_AT_S)
    slow("up", "-d", "--no-recreate", "--scale", "visualizer=5", "visualizer")
    ended = subprocess.run(["docker", "wait", container], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "0", slow("logs", "--tail", "40", "load")
    slow("rm", "-f", "load")
    report = json.loads((ROOT / "out" / "load.json").read_text())
    assert report["all"]["outcomes"] == {"completed": report["all"]["asked"]}
    assert (report["all"]["lost"], report["all"]["doubled"]) == (0, 0)
    before = pictures_per_s(report, PICTURE_S, workers_at(report, 4))
    after = pictures_per_s(report, workers_at(report, 5) + PICTURE_S, LASTS_S)
    assert after >= 0.9 * 5 / 3 * before, (before, after)
    words, plots = asyncio.run(looked_at(ROOT / "out" / "load.html"))
    assert f"{report['all']['asked']} requests in {LASTS_S:g} s" in words
    assert "visualizers, " in words
    assert plots == 4
