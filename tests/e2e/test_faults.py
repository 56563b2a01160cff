"""What breaks while an answer is made, and what its reader gets all the same."""

import time
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.conftest import Running
from tests.e2e.streams import asked, events, illustrated, pictures, text, types, until, whole

pytestmark = pytest.mark.e2e

GENERATING = "response.image_generation_call.generating"


def eventually(true: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def metric(url: str, name: str) -> float:
    """The sum of a metric over its labels."""
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics").text)
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


def drawing(running: Running) -> float:
    return sum(metric(url, "visualizer_active_tasks") for url in running.beside.slow_workers.values())


def test_a_visualizer_killed_while_drawing_loses_nothing(running: Running) -> None:
    with asked(running.slow_url, illustrated(3)) as stream:
        seen = until(stream, GENERATING)
        victim = running.slow_worker(seen[-1]["worker"])
        running.kill(victim)
        seen += stream
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    assert seen[-1]["type"] == "response.completed"
    assert [picture["status"] for picture in pictures(seen[-1])] == ["completed"] * 3
    assert types(seen).count("response.image_generation_call.completed") == 3
    redrawn = [event for event in seen if event["type"] == GENERATING and event["attempt"] > 1]
    assert redrawn, "the job of the dead visualizer was drawn by another"
    assert seen[-1]["response"]["seed"] == seen[0]["response"]["seed"]
    eventually(lambda: running.supervisor.is_ready(victim), within_s=60)


def test_a_client_that_leaves_frees_the_visualizers(running: Running) -> None:
    # Its eight pictures take far longer than a reader's absence takes to be noticed, even on a busy machine.
    with asked(running.slow_url, illustrated(8)) as stream:
        seen = until(stream, GENERATING)
        eventually(lambda: drawing(running) > 0, within_s=5)
    response = f"{running.slow_url}/v1/responses/{seen[0]['response']['id']}"
    eventually(lambda: httpx.get(response).json()["status"] == "cancelled", within_s=15)
    eventually(lambda: drawing(running) == 0, within_s=5)
    assert "failed" in [picture["status"] for picture in pictures({"response": httpx.get(response).json()})]


def test_a_cancelled_answer_stops_within_a_step(running: Running) -> None:
    with asked(running.slow_url, illustrated(2)) as stream:
        seen = until(stream, GENERATING)
        response_id = seen[0]["response"]["id"]
        cancelled = httpx.post(f"{running.slow_url}/v1/responses/{response_id}/cancel")
        assert cancelled.json()["status"] == "cancelled"
        seen += stream
    assert (seen[-1]["type"], seen[-1]["response"]["status"]) == ("response.incomplete", "cancelled")
    eventually(lambda: drawing(running) == 0, within_s=5)


def test_without_a_visualizer_the_pictures_fail_in_time_and_the_text_stands(running: Running) -> None:
    seen = whole(running.empty_url, illustrated(2))
    assert seen[-1]["type"] == "response.completed"
    assert text(seen[-1]).strip()
    assert [(picture["status"], picture["error"]["code"]) for picture in pictures(seen[-1])] == [
        ("failed", "deadline")
    ] * 2


def test_redis_restarted_in_the_middle_ends_no_answer_without_a_word(running: Running) -> None:
    with asked(running.slow_url, illustrated(3)) as stream:
        seen = until(stream, GENERATING)
        running.kill("redis")
        seen += stream
    # It goes on; a reader whose store is away for longer than `store_s`, on a busy machine, is told to come back.
    assert seen[-1]["type"] in ("response.completed", "error")
    eventually(lambda: running.supervisor.is_ready("gateway-slow"), within_s=60)
    assert whole(running.slow_url, illustrated(1))[-1]["type"] == "response.completed"


def test_a_planner_that_dies_costs_no_picture_and_new_answers_are_refused_until_it_is_back(
    running: Running,
) -> None:
    with asked(running.slow_url, illustrated(3)) as stream:
        seen = until(stream, "response.image_generation_call.in_progress", state="queued")
        running.kill("planner")
        refused = httpx.post(f"{running.slow_url}/v1/responses", json=illustrated(1), timeout=30)
        seen += stream
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "planner_unavailable"
    # It goes on if the planner is back in time, which a busy machine may not manage.
    assert seen[-1]["type"] in ("response.failed", "response.completed")
    drawn = [picture for picture in pictures(seen[-1]) if picture["status"] == "completed"]
    assert drawn, "a picture already described is delivered"
    with httpx.Client(base_url=running.slow_url, timeout=30) as http:
        eventually(lambda: running.supervisor.is_ready("planner"), within_s=240)
        with http.stream("POST", "/v1/responses", json=illustrated(1)) as answer:
            assert list(events(answer))[-1]["type"] == "response.completed"
