import os
import subprocess
import sys

import pytest

from telemetry import traces
from tests.unit.telemetry.collector import collecting

TOLD = """
from telemetry import traces
traces.configure("gateway")
root = traces.begin("request", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kind="server")
part = root.child("plan", kind="client", at=5.0, gen_ai__operation__name="chat")
part.tell(gen_ai__usage__output_tokens=7)
part.end(at=6.0)
far = traces.begin("attempt", part.traceparent)
far.end(error="no_memory")
far.end()
root.end()
traces.flush()
"""


def run(script: str, **environment: str) -> str:
    outcome = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return outcome.stdout


def test_spans_of_several_services_are_one_trace() -> None:
    with collecting() as collector:
        run(TOLD, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    (request,) = collector.named("request")
    (plan,) = collector.named("plan")
    (attempt,) = collector.named("attempt")
    assert {span.trace for span in collector.spans} == {"0af7651916cd43dd8448eb211c80319c"}
    assert (request.parent, plan.parent, attempt.parent) == ("b7ad6b7169203331", request.id, plan.id)
    assert plan.attributes == {"gen_ai.operation.name": "chat", "gen_ai.usage.output_tokens": "7"}
    assert (attempt.error, plan.error) == ("no_memory", "")
    assert request.service == "weaver-gateway"


def test_a_service_bears_the_name_that_it_is_given() -> None:
    with collecting() as collector:
        run(TOLD, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SERVICE_NAME="mine")
    assert {span.service for span in collector.spans} == {"mine"}


def test_what_is_off_imports_nothing_and_passes_nothing_on() -> None:
    script = """
import sys
from telemetry import traces
traces.configure("gateway")
span = traces.begin("request", kind="server").child("plan")
span.tell(a=1)
span.end()
traces.flush()
print(span.traceparent, traces.is_on(), any("opentelemetry" in name for name in sys.modules))
"""
    assert run(script) == "None False False\n"


@pytest.mark.parametrize(
    ("environment", "is_wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_standard_variables_say_whether_traces_are_wanted(environment, is_wanted: bool) -> None:
    assert traces.wanted(environment) is is_wanted


def test_packages_that_are_missing_are_named_and_nothing_fails() -> None:
    script = """
import logging, sys
logging.basicConfig(stream=sys.stdout)
sys.modules["opentelemetry.sdk.trace"] = None
from telemetry import traces
traces.configure("gateway")
print(traces.begin("x").traceparent)
"""
    told = run(script, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert "extra `traces`" in told
    assert told.endswith("None\n")
