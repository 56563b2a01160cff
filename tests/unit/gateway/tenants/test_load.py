"""What a pool can draw in time."""

from __future__ import annotations

import pytest

from gateway.answer.errors import OverLimit, Overloaded
from gateway.limits import TenantLimits
from gateway.tenants.caller import Caller
from gateway.tenants.load import PoolLoad, rate_per_s
from tests.fakes import LIMITS
from visualizer_service.wire import WorkerInfo


def worker(name: str, picture_s: float | None, *, draining: bool = False) -> WorkerInfo:
    return WorkerInfo(
        id=name,
        pool="default",
        model="m",
        device="cpu",
        simulated=True,
        slots=1,
        active=0,
        draining=draining,
        picture_s=picture_s,
        limits=LIMITS,
    )


class Pool:
    """A pool with so many jobs waiting for these workers."""

    def __init__(self, waiting: int, *workers: WorkerInfo, of_tenants: dict[str, int] | None = None) -> None:
        self._waiting, self._workers, self._of_tenants = waiting, workers, of_tenants or {}

    async def workers(self):
        return self._workers

    async def waiting(self):
        return {"interactive": self._waiting, "batch": 0}

    async def waiting_of_tenants(self):
        return self._of_tenants


async def seen(pool: Pool, most_waiting: int | None = None) -> PoolLoad:
    load = PoolLoad(pool, 100.0, most_waiting)
    await load.look()
    return load


@pytest.mark.parametrize(
    ("workers", "rate"),
    [
        ([], None),
        ([worker("a", None)], None),
        ([worker("a", 2.0), worker("b", 0.5)], 2.5),
        ([worker("a", 2.0), worker("new", None)], 1.0),
        ([worker("a", 2.0), worker("b", 0.5, draining=True)], 0.5),
    ],
)
def test_a_pool_draws_as_fast_as_its_workers_measure_together(workers, rate):
    assert rate_per_s(workers) == rate


async def test_what_would_be_too_late_is_refused_and_told_when_to_come_back():
    load = await seen(Pool(70, worker("a", 1.0)))
    load.check(promised=0, wanted=8)

    with pytest.raises(Overloaded) as refused:
        load.check(promised=20, wanted=8)

    assert refused.value.retry_after_s == 18
    assert "98 s" in refused.value.message
    assert "100 s" in refused.value.message


async def test_where_nothing_was_drawn_yet_nothing_is_refused():
    (await seen(Pool(1000))).check(promised=1000, wanted=8)


async def test_an_answer_without_pictures_waits_for_nobody():
    (await seen(Pool(1000, worker("a", 1.0)))).check(promised=0, wanted=0)


async def test_no_more_is_taken_than_may_wait():
    load = await seen(Pool(7, worker("a", 0.01)), most_waiting=10)
    load.check(promised=1, wanted=2)

    with pytest.raises(Overloaded, match="10 may"):
        load.check(promised=2, wanted=2)


async def test_a_tenant_with_as_many_pictures_waiting_as_may_is_refused_and_no_other():
    load = await seen(Pool(6, worker("a", 1.0), of_tenants={"acme": 4, "zeta": 2}))
    acme = Caller("acme", limits=TenantLimits(pictures_waiting=4))
    load.check_own(Caller("zeta", limits=TenantLimits(pictures_waiting=4)))

    with pytest.raises(OverLimit, match="4 pictures waiting") as refused:
        load.check_own(acme)

    assert refused.value.code == "pictures_waiting"
    assert acme.quotas["pictures-waiting"].left == 0
