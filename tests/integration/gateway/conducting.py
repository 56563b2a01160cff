"""One gateway process's conductor and those who read its answers, for tests on a real Redis."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from redis.asyncio import Redis

from gateway.answer.document import Document
from gateway.running.conductor import Conductor
from gateway.running.takeover import Takeovers
from gateway.store.follow import Follower
from gateway.store.leases import Leases, kept_by_task
from gateway.store.ledger import Ledger
from gateway.timeouts import Timeouts
from tests.fakes import PLAN_DONE, FakeBlobs, FakePool, ScriptedPlanner, only, says, slot
from tests.integration.gateway.quick import QUICK
from tests.integration.queue.jobs import eventually
from visualizer_service.queue.connection import connect

STORY = (says("One fox."), slot(0), slot(1, "img1"), says("The end."), PLAN_DONE)


class Gateway:
    """One gateway process's conductor and followers."""

    def __init__(
        self,
        ledger: Ledger,
        redis: Redis,
        planner: ScriptedPlanner,
        pool: FakePool,
        patience: Timeouts,
        most: int,
    ) -> None:
        self.ledger = ledger
        self.leases = Leases(redis, pool.gateway_id, patience.owner_lost_s)
        self.follower = Follower(self.ledger, patience, time.time)
        self.conductor = Conductor(
            only(planner, pool), FakeBlobs(), self.ledger, self.leases, patience, time.time, most
        )
        self.takeovers = Takeovers(self.conductor, self.ledger, self.leases, time.time)

    async def read(self, id: str = "resp_1") -> Document:
        return await self.follower.ended(id)

    async def idle(self) -> None:
        """Wait until this process is at no response any more."""

        async def nothing_under_way() -> bool:
            return self.conductor.under_way == 0

        await eventually(nothing_under_way)


async def gateway(
    opened: AsyncExitStack,
    redis: Redis,
    planner: ScriptedPlanner,
    pool: FakePool | None = None,
    patience: Timeouts = QUICK,
    most: int = 10,
    ledger: Ledger | None = None,
) -> Gateway:
    made = Gateway(ledger or Ledger(redis, 100), redis, planner, pool or FakePool(), patience, most)
    await opened.enter_async_context(made.follower)
    kwargs = redis.connection_pool.connection_kwargs
    at_once = connect(f"redis://{kwargs['host']}:{kwargs['port']}/{kwargs['db']}", patience_s=0)
    await opened.enter_async_context(at_once)
    await opened.enter_async_context(kept_by_task(made.leases, at_once))
    await opened.enter_async_context(made.conductor)
    takeovers = asyncio.create_task(made.takeovers.run())
    opened.callback(takeovers.cancel)
    return made
