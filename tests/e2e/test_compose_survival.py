"""Two gateways behind the proxy and a Redis with sentinels, in containers that are killed: `make compose-test`."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from deploy.local.services import free_ports
from tests.e2e.composing import ROOT, SLOW, Compose, compose_command
from tests.e2e.streams import Event, events, illustrated, pictures, types

pytestmark = [pytest.mark.compose, pytest.mark.timeout(2400)]

ANSWERS = 6
PICTURES = 2
DONE = "response.image_generation_call.completed"
LAST = ("response.completed", "response.incomplete", "response.failed")
SENTINELS = "redis+sentinel://sentinel-1:26379,sentinel-2:26379,sentinel-3:26379/weaver/0"
WHOLE_IN_S = 180.0


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Everything twice, and pictures that take seconds; the port is the proxy's."""
    override = tmp_path_factory.mktemp("compose") / "slow.json"
    override.write_text(json.dumps({"services": {"visualizer": {"environment": SLOW}}}))
    (port,) = free_ports(0)
    environment = {
        "GATEWAY_BIND": "127.0.0.1:",
        "PROXY_BIND": f"127.0.0.1:{port}",
        "REDIS_URL": SENTINELS,
    }
    files = (ROOT / "docker-compose.yml", override)
    compose = Compose(compose_command(), files, port, ("proxy", "ha"), environment)
    try:
        for service in ("planner", "visualizer", "gateway", "proxy"):
            compose("build", service)
        compose("up", "-d", "--scale", "gateway=2", "--scale", "visualizer=3")
        compose.await_ready(300)
        yield compose
    finally:
        compose("down", "-v", "--timeout", "5")


def seen_through(url: str, seen: list[Event]) -> list[Event]:
    """One answer, asked for again under its key and read on whenever it is cut."""
    key, give_up_at = f"key-{id(seen)}", time.monotonic() + WHOLE_IN_S
    while not (seen and seen[-1]["type"] in LAST):
        assert time.monotonic() < give_up_at, types(seen)
        try:
            with httpx.Client(base_url=url, timeout=30) as http:
                if seen:
                    params = {"stream": True, "starting_after": seen[-1]["sequence_number"]}
                    path = f"/v1/responses/{seen[0]['response']['id']}"
                    streaming = http.stream("GET", path, params=params)
                else:
                    headers = {"Idempotency-Key": key}
                    asked = illustrated(PICTURES, delivery="url")
                    streaming = http.stream("POST", "/v1/responses", json=asked, headers=headers)
                with streaming as answer:
                    for event in events(answer) if answer.is_success else ():
                        # An error is no event of the answer: it says to come back.
                        if event["type"] != "error":
                            seen.append(event)
        except httpx.HTTPError as error:
            print(f"cut: {error!r}")
        time.sleep(0.2)
    return seen


def begin(beside: ThreadPoolExecutor, url: str) -> list[Future[list[Event]]]:
    """Answers under way, with a picture of one of them drawn."""
    seen: list[list[Event]] = [[] for _ in range(ANSWERS)]
    reading = [beside.submit(seen_through, url, one) for one in seen]
    while not any(DONE in types(one) for one in seen):
        assert not any(one.done() for one in reading)
        time.sleep(0.05)
    return reading


def check(url: str, reading: list[Future[list[Event]]]) -> None:
    with httpx.Client(base_url=url, timeout=60) as http:
        for seen in (one.result() for one in reading):
            assert seen[-1]["type"] == "response.completed", seen[-1]
            assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
            assert [picture["status"] for picture in pictures(seen[-1])] == ["completed"] * PICTURES
            assert types(seen).count(DONE) == PICTURES
            path = f"/v1/responses/{seen[0]['response']['id']}"
            assert http.get(path).json() == seen[-1]["response"]
            with http.stream("GET", path, params={"stream": True}) as replayed:
                assert list(events(replayed)) == seen


def kill(container: str) -> None:
    subprocess.run(["docker", "kill", "--signal", "KILL", container], capture_output=True, check=True)


def test_answers_go_on_behind_the_proxy_when_a_gateway_is_killed(fronted: Compose) -> None:
    gateways = fronted.containers("gateway")
    assert len(gateways) == 2
    with ThreadPoolExecutor(ANSWERS) as beside:
        reading = begin(beside, fronted.url)
        kill(gateways[0])
        check(fronted.url, reading)
    fronted("up", "-d", "--scale", "gateway=2", "--scale", "visualizer=3")
    fronted.await_ready(120)


def test_answers_go_on_when_the_primary_redis_is_killed_and_a_replica_takes_its_place(
    fronted: Compose,
) -> None:
    with ThreadPoolExecutor(ANSWERS) as beside:
        reading = begin(beside, fronted.url)
        kill(fronted.containers("redis")[0])
        check(fronted.url, reading)
