"""A gateway process that begins one response and never ends it, for tests that kill it.

`python -m tests.integration.gateway_process REDIS_URL GATEWAY_ID` prints `begun` once the response is in the ledger.
"""

from __future__ import annotations

import asyncio
import sys
import time

from gateway.running.conductor import Conductor
from gateway.store.leases import Leases, kept_by_task
from gateway.store.ledger import Ledger
from gateway.store.values import Numbered
from tests.fakes import FakeBlobs, FakePool, ScriptedPlanner, ask, only, says, slot
from tests.integration.gateway.quick import QUICK
from visualizer_service.queue.connection import connect


async def main(url: str, gateway_id: str) -> None:
    planner = ScriptedPlanner(says("Once"), slot(0), says("upon"), asyncio.Event())
    pool = FakePool(draws=False, gateway_id=gateway_id)
    async with connect(url) as redis:
        ledger = Ledger(redis, 60)
        leases = Leases(redis, gateway_id, QUICK.owner_lost_s)
        async with (
            kept_by_task(leases, redis),
            Conductor(only(planner, pool), FakeBlobs(), ledger, leases, QUICK, time.time, 10) as conductor,
        ):
            await conductor.start(ask(background=True))
            written: list[Numbered] = []
            while len(written) < 9:
                written += await ledger.events("resp_1", len(written), block_s=5)
            print("begun", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
