"""What an operator sees of pools, and does to their workers."""

import pytest

from tests.fakes import WORKER
from tests.integration.gateway.gateway_app import Planner, client, gateway
from tests.integration.queue.jobs import a_job
from visualizer_service.client import Pool
from visualizer_service.queue.registry import Registry

pytestmark = pytest.mark.integration

OPERATOR = "an-operator's-own-key"
AS_OPERATOR = {"authorization": f"Bearer {OPERATOR}"}
DRAIN = "/v1/admin/pools/default/workers/w1/drain"


@pytest.fixture
async def pool(redis):
    await Registry(redis, "default").beat(WORKER, ttl_s=60)
    async with Pool(redis, "default", "gateway-1") as pool:
        yield pool


@pytest.fixture
async def http(redis, pool):
    async with gateway(redis, Planner(), pool, admin_key=OPERATOR) as app, client(app) as http:
        yield http


async def test_what_waits_is_told_by_tenant_and_class_the_most_first(pool, http):
    for tenant, job_class in (("a", "batch"), ("b", "interactive"), ("b", "interactive"), ("b", "batch")):
        await pool.submit(a_job(tenant=tenant, job_class=job_class))

    (told,) = (await http.get("/v1/admin/pools", headers=AS_OPERATOR)).json()["data"]

    assert told["name"] == "default"
    assert told["lines"] == [
        {"tenant": "b", "interactive": 2, "batch": 1},
        {"tenant": "a", "interactive": 0, "batch": 1},
    ]


async def test_a_worker_is_drained_by_the_operator_alone(redis, http):
    for headers in ({}, {"authorization": "Bearer somebody-else's-key"}):
        assert (await http.post(DRAIN, headers=headers)).status_code == 401
        assert (await http.get("/v1/admin/pools", headers=headers)).status_code == 401
    assert not await Registry(redis, "default").beat(WORKER, ttl_s=60)

    drained = await http.post(DRAIN, headers=AS_OPERATOR)

    assert (drained.status_code, drained.json()["id"]) == (200, "w1")
    assert await Registry(redis, "default").beat(WORKER, ttl_s=60)


@pytest.mark.parametrize("path", [DRAIN.replace("w1", "w9"), DRAIN.replace("default", "other")])
async def test_a_worker_that_is_not_there_is_not_found(path, http):
    refused = await http.post(path, headers=AS_OPERATOR)

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "worker_not_found")
