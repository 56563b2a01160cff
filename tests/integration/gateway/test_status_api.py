import pytest

from tests.fakes import LIMITS
from tests.integration.gateway.gateway_app import Planner, client, gateway
from tests.integration.queue.jobs import a_job
from visualizer_service.client import Pool
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import WorkerInfo
from weaver import Status

pytestmark = pytest.mark.integration

WORKER = WorkerInfo(
    id="w1",
    pool="default",
    model="simulated",
    device="cpu",
    simulated=True,
    slots=8,
    active=3,
    draining=False,
    limits=LIMITS,
)


async def status(app):
    async with client(app) as http:
        answer = await http.get("/v1/status")
    assert answer.status_code == 200
    return Status.model_validate_json(answer.content)


async def test_the_status_tells_who_draws_and_what_waits_by_class(redis):
    async with Pool(redis, "default", "gateway-1") as pool, gateway(redis, Planner(), pool) as app:
        await Registry(redis, "default").beat(WORKER, ttl_s=60)
        for job_class in ("interactive", "interactive", "batch"):
            await pool.submit(a_job(job_class=job_class))
        told = await status(app)

    assert told.ready
    assert told.pool is not None
    assert [(worker.id, worker.slots, worker.active) for worker in told.pool.workers] == [("w1", 8, 3)]
    assert (told.pool.waiting.interactive, told.pool.waiting.batch, told.pool.waiting.total) == (2, 1, 3)


async def test_the_status_is_told_while_the_planner_is_away(redis):
    planner = Planner()
    planner.is_ready = False
    async with Pool(redis, "default", "gateway-1") as pool, gateway(redis, planner, pool) as app:
        told = await status(app)

    assert (told.ready, told.planner, told.redis) == (False, False, True)
    assert told.pool is not None
    assert told.pool.workers == ()
