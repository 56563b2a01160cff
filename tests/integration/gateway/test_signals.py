"""What operators see of requests: a line each, and metrics that include the pool."""

import logging

import pytest

from telemetry.logs import fields
from tests.integration.gateway.gateway_app import client, gateway

STORY = {"input": "a story", "mode": "interleaved"}


def lines(caplog: pytest.LogCaptureFixture) -> list[dict]:
    return [fields(record) | {"message": record.getMessage()} for record in caplog.records]


@pytest.fixture(autouse=True)
def heard(caplog):
    caplog.set_level(logging.INFO, "gateway")


async def test_each_request_has_a_line_with_whatever_is_known_of_it(http, caplog) -> None:
    reply = await http.post("/v1/responses", json=STORY, headers={"x-request-id": "mine"})
    assert reply.status_code == 200
    (line,) = [record for record in caplog.records if record.getMessage() == "request"]
    assert (line.method, line.path, line.status) == ("POST", "/v1/responses", 200)
    assert line.duration_s >= 0


async def test_a_refusal_has_a_line_too(http, caplog) -> None:
    await http.post("/v1/responses", json={"nonsense": 1})
    (line,) = [line for line in lines(caplog) if line["message"] == "request"]
    assert line["status"] == 400


async def test_probes_are_not_worth_a_line_and_queries_are_never_told(http, caplog) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/v1/models?key=secret"):
        await http.get(path)
    told = [line for line in lines(caplog) if line["message"] == "request"]
    assert [line["path"] for line in told] == ["/v1/models"]
    assert "secret" not in str(told)


async def test_metrics_tell_of_the_pool_and_of_redis(http, pool) -> None:
    await http.post("/v1/responses", json=STORY)
    told = (await http.get("/metrics")).text
    assert 'visualizer_queue_depth{class="interactive",pool="default"} 0.0' in told
    assert 'visualizer_workers{pool="default",state="working"} 0.0' in told
    assert "gateway_redis_memory_bytes" in told
    assert 'gateway_responses_total{outcome="completed"} 1.0' in told


async def test_metrics_are_told_without_the_pool_while_redis_is_away(redis, planner, pool) -> None:
    async with gateway(redis, planner, pool) as app, client(app) as http:
        app.state.container.pool_metrics = type(app.state.container.pool_metrics)(away(), "default")
        told = (await http.get("/metrics")).text
    assert "gateway_open_streams" in told
    assert "visualizer_queue_depth" not in told


def away():
    """A client of a Redis that is not there."""
    from redis.asyncio import Redis

    return Redis(port=1)
