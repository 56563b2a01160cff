"""One answer under a random schedule of faults, in virtual time: gateways of the real code around a model Redis, planner and pool.

The same seed always gives the same schedule.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import Any

from gateway.answer.document import Document
from gateway.answer.errors import STORE_ERRORS, StoreUnavailable
from gateway.answer.events import LastEvent
from gateway.running.conductor import Conductor
from gateway.running.takeover import Takeovers
from gateway.store.follow import Follower
from gateway.store.leases import Leases
from gateway.store.ledger import Ledger
from gateway.store.values import Numbered
from gateway.timeouts import Timeouts
from tests.fakes import FakeBlobs, ask, only
from tests.faults.model_planner import Planner
from tests.faults.model_pool import Pool, Worker
from tests.faults.model_redis import Client
from tests.faults.model_server import Server
from tests.faults.owed import missing

TIMEOUTS = Timeouts(response_s=600, store_s=30, owner_lost_s=4, beat_s=1, reader_grace_s=20)
FAULTS = ("kill", "kill", "pause", "leave", "away", "lose", "planner", "lost answers")
MOST_S = 900.0
"""An answer that has no end by then hangs."""


@dataclass
class Gateway:
    """One process."""

    name: str
    client: Client
    ledger: Ledger
    conductor: Conductor
    follower: Follower
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)


class Schedule:
    """One seed's answer."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.server = Server(seed)
        self.planner = Planner(self.chance)
        self.gateways: list[Gateway] = []
        self._worker = Worker(self.server)
        self.log: list[str] = []
        self._has_lost_data = False
        self._started = 0
        self._loses_answers = False
        self._beside: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Ask, break things, read to the end, and check."""
        self._beside = [asyncio.create_task(work) for work in (self._worker.run(), self._save())]
        try:
            async with asyncio.timeout(MOST_S):
                for _ in range(2):
                    await self._start()
                await self.gateways[0].conductor.start(ask(background=True))
                breaking = asyncio.create_task(self._break())
                events = await self._read()
                await breaking
                replayed = await self._replayed()
                wrong = list(missing(events, replayed, self._worker.drawn, self._has_lost_data))
                assert not wrong, f"seed {self.seed}: {wrong}; faults: {self.log}"
        finally:
            await _end_all()

    async def _start(self) -> None:
        self._started += 1
        name = f"gw_{self._started}"
        client: Any = Client(self.server, lambda: self._loses())
        ledger = Ledger(client, 1000)
        leases = Leases(client, name, TIMEOUTS.owner_lost_s, asyncio.get_running_loop().time)
        pool = Pool(client, name)
        backends = only(self.planner, pool)
        conductor = Conductor(backends, FakeBlobs(), ledger, leases, TIMEOUTS, self.server.now, 10)
        follower = Follower(ledger, TIMEOUTS, self.server.now)
        await conductor.__aenter__()
        await follower.__aenter__()
        at_once: Any = Client(self.server, patience_s=0)
        at_once.dead = client.dead
        tasks = [
            asyncio.create_task(leases.keep(at_once)),
            asyncio.create_task(Takeovers(conductor, ledger, leases, self.server.now).run()),
            *conductor.loops,
            *follower.loops,
        ]
        self.gateways.append(Gateway(name, client, ledger, conductor, follower, tasks))

    def _loses(self) -> bool:
        return self._loses_answers and self.chance.random() < 0.2

    @property
    def _alive(self) -> list[Gateway]:
        return [one for one in self.gateways if not one.client.dead.is_set()]

    async def _break(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            await asyncio.sleep(self.chance.uniform(0, 4))
            fault = self.chance.choice(FAULTS)
            self.log.append(f"{asyncio.get_running_loop().time():.1f} {fault}")
            await self._fault(fault)

    async def _fault(self, fault: str) -> None:
        victim = self.chance.choice(self._alive)
        match fault:
            case "kill":
                victim.client.dead.set()
                await self._start()
            case "pause":
                victim.client.pauses = self.chance.uniform(3, 12)
                await asyncio.sleep(victim.client.pauses)
                victim.client.pauses = 0.0
            case "leave":
                await self._start()
                await victim.conductor.drain(self.chance.choice([0, 1]))
                victim.client.dead.set()
            case "away":
                self.server.away = True
                await asyncio.sleep(self.chance.choice([0.5, 3, 12, 40]))
                self.server.away = False
            case "lose":
                self.server.away = True
                await asyncio.sleep(self.chance.uniform(0.1, 2))
                self.server.lose()
                self._has_lost_data = True
                self.server.away = False
            case "planner":
                self.planner.is_lost = True
            case _:
                self._loses_answers = True
                await asyncio.sleep(2)
                self._loses_answers = False

    async def _save(self) -> None:
        while True:
            self.server.save()
            await asyncio.sleep(1)

    async def _read(self) -> list[Numbered]:
        """Follow at any gateway, and elsewhere once that is gone, to the last event."""
        seen: list[Numbered] = []
        while not (seen and isinstance(seen[-1][1], LastEvent)):
            gateway = self.chance.choice(self._alive)
            reading = asyncio.create_task(self._some(gateway, seen))
            gone = asyncio.create_task(gateway.client.dead.wait())
            await asyncio.wait({reading, gone}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not reading.done():
                reading.cancel()
            elif reading.exception() is not None and not isinstance(
                reading.exception(), (StoreUnavailable, *STORE_ERRORS)
            ):
                reading.result()
            await asyncio.sleep(0.1)
        return seen

    async def _some(self, gateway: Gateway, seen: list[Numbered]) -> None:
        async with contextlib.aclosing(gateway.follower.follow("resp_1")) as events:
            at = 0
            async for numbered in events:
                if at < len(seen):
                    before = f"seed {self.seed}: told {numbered} where {seen[at]} was told before; faults: {self.log}"
                    assert numbered == seen[at], before
                else:
                    seen.append(numbered)
                at += 1

    async def _replayed(self) -> Document:
        await asyncio.sleep(6)
        gateway = self.chance.choice(self._alive)
        return await gateway.follower.document("resp_1")


async def _end_all() -> None:
    """End every task, however many waits on a dead client its cleaning up holds."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=0.001)
