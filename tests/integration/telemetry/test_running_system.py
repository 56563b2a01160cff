"""Every process for real, models simulated: one trace across all of them, and every metric that rules and dashboard ask for."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.serving.bed import Bed, Front, bed
from bench.serving.script import Script
from deploy.local.services import DEFAULTS, free_ports, python_service
from tests.e2e.streams import asked, until, whole
from tests.unit.telemetry.collector import Collector, Seen, collecting

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[3]
OBSERVE = ROOT / "deploy" / "observe"
GENERATING = "response.image_generation_call.generating"
STORY = Script(pictures=2, words=3, pace_s=0.01)
SIMULATION = {"steps": 5, "step_ms": 100, "sizes": [[512, 512]]}
ONLY_WHEN_SOMETHING_IS_WRONG = {
    "gateway_refused_total",
    "visualizer_lease_losses_total",
    "visualizer_given_back_total",
    "gateway_redis_memory_limit_bytes",
    "gateway_redis_evicted_keys_total",
    # Counted when the gateway began, with nothing there yet, and after five minutes again.
    "gateway_stored_bytes",
    # Whether anything waits in the moment of a scrape is chance.
    "visualizer_queue_depth",
    "visualizer_queue_oldest_seconds",
    "visualizer_backlog_seconds",
    "gateway_open_streams",
    "planner_plans_open",
}
"""They exist, and are 0 while all is well."""


@dataclass(frozen=True, slots=True)
class System:
    made: Bed
    front: Front
    visualizers: list[str]

    def scraped(self) -> dict[str, float]:
        """The sum of each metric's samples over all services."""
        sums: dict[str, float] = {}
        for url in (self.front.url, self.made.stack.planner_url, *self.visualizers):
            text = httpx.get(f"{url}/metrics", timeout=10).raise_for_status().text
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    sums[sample.name] = sums.get(sample.name, 0) + sample.value
        return sums


@contextmanager
def system(directory: Path, visualizers: int = 2) -> Iterator[System]:
    with ExitStack() as running:
        made = running.enter_context(bed(directory))
        ports = free_ports(*[0] * visualizers)
        settings = {
            "MODEL": "simulated",
            "REDIS_URL": made.stack.redis_url,
            "SIMULATION": json.dumps(SIMULATION),
            "LEASE_S": "1.5",
            "RENEW_S": "0.5",
        }
        shared = DEFAULTS | {f"VISUALIZER_{name}": value for name, value in settings.items()}
        workers = [
            python_service(
                f"viz-{port}", "visualizer_service.main", port, shared | {"VISUALIZER_PORT": str(port)}
            )
            for port in ports
        ]
        running.enter_context(made.supervised(*workers))
        front = running.enter_context(made.gateway("default"))
        yield System(made, front, [f"http://127.0.0.1:{port}" for port in ports])


def metrics_asked_for() -> set[str]:
    """Whatever a rule or a panel names."""
    dashboard = json.loads((OBSERVE / "grafana" / "dashboards" / "weaver.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    asked += [file.read_text() for file in (OBSERVE / "rules").glob("*.yml")]
    ours = re.compile(r"\b(?:gateway|planner|visualizer)_[a-z_]*[a-z]\b(?!\.)")
    # Errors' codes look alike, and stand between quotes.
    return {name for text in asked for name in ours.findall(re.sub(r'"[^"]*"', "", text))}


def test_every_metric_of_rules_and_dashboard_exists_and_moves_in_a_run(tmp_path: Path) -> None:
    with system(tmp_path, visualizers=1) as running:
        story = STORY.question(stream=True) | {"reference_policy": "anchor"}
        assert whole(running.front.url, story)[-1]["type"] == "response.completed"
        httpx.post(f"{running.front.url}/v1/responses", json={"input": 5}, timeout=10)
        told = running.scraped()
    asked_for = metrics_asked_for()
    assert len(asked_for) > 20
    assert sorted(asked_for - told.keys()) == []
    assert sorted(name for name in asked_for - ONLY_WHEN_SOMETHING_IS_WRONG if not told[name]) == []


def test_one_trace_holds_request_plan_pictures_phases_and_the_attempt_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        with system(tmp_path) as running, asked(running.front.url, STORY.question(stream=True)) as stream:
            worker = until(stream, GENERATING)[-1]["worker"]
            eventually(
                lambda: [span for span in collector.named("queue") if span.service.endswith("visualizer")]
            )
            os.kill(int(worker.split("-")[-2]), signal.SIGKILL)
            assert list(stream)[-1]["type"] == "response.completed"
        check(collector)


def check(collector: Collector) -> None:
    (request,) = [span for span in collector.named("POST") if span.attributes["url.path"] == "/v1/responses"]
    spans = [span for span in collector.spans if span.trace == request.trace]
    assert {span.service for span in spans} == {"weaver-gateway", "weaver-planner", "weaver-visualizer"}
    (plan,) = named(spans, "plan")
    (written,) = named(spans, "write plan")
    assert (plan.parent, written.parent) == (request.id, plan.id)
    assert plan.attributes["gen_ai.operation.name"] == "chat"
    pictures = named(spans, "picture")
    assert [picture.parent for picture in pictures] == [request.id] * 2
    assert {picture.attributes["gen_ai.output.type"] for picture in pictures} == {"image"}
    assert max(picture.attributes["attempts"] for picture in pictures) == "2"
    ids = {picture.id for picture in pictures}
    assert {span.parent for span in (*named(spans, "attempt"), *named(spans, "queue"))} == ids
    # The killed worker could say only that it had taken the job; the other did the rest.
    assert sorted(span.attributes["attempt"] for span in named(spans, "queue")) in (
        ["1", "1", "2"],
        ["1", "1", "2", "2"],
    )
    assert "2" in {span.attributes["attempt"] for span in named(spans, "attempt")}
    for attempt in named(spans, "attempt"):
        phases = {span.name for span in spans if span.parent == attempt.id}
        assert phases == {"fetch", "wait", "draw", "decode", "upload"}
    assert not [span for span in spans if span.error]


def named(spans: list[Seen], name: str) -> list[Seen]:
    return [span for span in spans if span.name == name]


def eventually(condition) -> None:
    """Wait until something holds that nobody announces."""
    give_up_at = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
