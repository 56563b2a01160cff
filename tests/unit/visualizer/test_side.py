import httpx
import pytest

from visualizer_service import metrics
from visualizer_service.side import side_app, side_port


def ask(reason: str | None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=side_app(lambda: reason))
    return httpx.AsyncClient(transport=transport, base_url="http://side")


async def test_a_worker_that_welcomes_jobs_is_ready():
    async with ask(None) as client:
        assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("reason", ["loading the model", "draining"])
async def test_a_worker_that_does_not_is_alive_but_not_ready_and_says_why(reason):
    async with ask(reason) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["reason"]) == (503, reason)
        assert (await client.get("/healthz")).status_code == 200


async def test_the_metrics_are_in_the_format_that_prometheus_scrapes():
    metrics.GIVEN_BACK.inc()
    async with ask(None) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "visualizer_given_back_total" in answer.text


async def test_the_side_port_opens_and_closes_with_its_block(unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}/healthz"
    patient = httpx.AsyncHTTPTransport(retries=5)
    app = side_app(lambda: None)
    async with httpx.AsyncClient(transport=patient) as client, side_port(app, "127.0.0.1", unused_tcp_port):
        assert (await client.get(url)).status_code == 200
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
