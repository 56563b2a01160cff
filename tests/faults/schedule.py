"""One answer under a random schedule of faults, in virtual time: gateways of the real code around a model Redis, planner and pool.

The same seed always gives the same schedule. What an answer owes its reader is checked, whatever happened: numbers without gap or
double, one last event, each picture one outcome, the text said once, and the same told by another gateway later.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.answer import events as ev
from gateway.answer.document import Document, Picture, Text
from gateway.answer.errors import STORE_ERRORS, StoreUnavailable
from gateway.answer.events import GatewayEvent, LastEvent
from gateway.answer.folding import fold
from gateway.running.conductor import Conductor
from gateway.running.takeover import Takeovers
from gateway.store.follow import Follower
from gateway.store.leases import Leases
from gateway.store.ledger import Ledger
from gateway.timeouts import Timeouts
from planner_service.wire import PlanEvent, PlanRequest
from tests.fakes import LIMITS, PLAN_DONE, FakeBlobs, ScriptedPlanner, ask, done, only, says, slot
from tests.faults.model_redis import Client
from tests.faults.model_server import Server
from visualizer_service.wire import Job, Limits, Reply, Started

STORY = (
    says("One "),
    says("fox."),
    slot(0),
    says(" Two"),
    says(" seas."),
    slot(1, "img1"),
    says("End."),
    PLAN_DONE,
)
TEXTS = ["One fox.", "Two seas.", "End."]
TIMEOUTS = Timeouts(response_s=600, store_s=30, owner_lost_s=4, beat_s=1, reader_grace_s=20)
FAULTS = ("kill", "kill", "pause", "leave", "away", "lose", "planner", "lost answers")
MOST_S = 900.0
"""An answer that has no end by then hangs."""


class Planner(ScriptedPlanner):
    """Says a word now and then, and may be lost in the middle."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(*STORY)
        self._chance = chance
        self.is_lost = False

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        async with contextlib.aclosing(super().plan(request)) as events:
            async for event in events:
                await asyncio.sleep(self._chance.uniform(0, 0.6))
                if self.is_lost:
                    self.is_lost = False
                    raise ConnectionError("the planner is gone")
                yield event


class Pool:
    """One gateway's view of a pool whose worker draws whatever is queued."""

    def __init__(self, client: Client, gateway_id: str) -> None:
        self.gateway_id, self._client = gateway_id, client

    async def limits(self) -> Limits:
        return LIMITS

    async def submit(self, job: Job) -> None:
        def queue() -> None:
            data = self._client.server.data
            if job.id not in data.seen:
                data.seen.add(job.id)
                data.jobs[job.id] = job

        await self._client.ask(queue)

    async def cancel(self, response_id: str) -> None:
        await self._client.ask(lambda: self._client.server.data.jobs.clear())

    @contextlib.contextmanager
    def route(self, response_id: str, replies_to: str | None = None) -> Iterator[asyncio.Queue[Reply]]:
        inbox: asyncio.Queue[Reply] = asyncio.Queue()
        reading = asyncio.create_task(self._read(replies_to or self.gateway_id, inbox))
        try:
            yield inbox
        finally:
            reading.cancel()

    async def _read(self, mailbox: str, inbox: asyncio.Queue[Reply]) -> None:
        seen = 0
        while True:
            with contextlib.suppress(*STORE_ERRORS):
                replies = await self._client.ask(
                    lambda: list(self._client.server.data.replies.get(mailbox, []))
                )
                for number, reply in replies:
                    if number > seen:
                        inbox.put_nowait(reply)
                        seen = number
            await self._client.server.change((mailbox,), 1)


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
        self.drawn: Counter[str] = Counter()
        self.log: list[str] = []
        self.has_lost_data = False
        self._started = 0
        self._replied = 0
        self._loses_answers = False
        self._beside: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Ask, break things, read to the end, and check."""
        self._beside = [asyncio.create_task(work) for work in (self._draw(), self._save())]
        try:
            async with asyncio.timeout(MOST_S):
                for _ in range(2):
                    await self._start()
                await self.gateways[0].conductor.start(ask(background=True))
                breaking = asyncio.create_task(self._break())
                events = await self._read()
                await breaking
                self._check(events, await self._replayed())
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
                self.has_lost_data = True
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

    async def _draw(self) -> None:
        while True:
            await asyncio.sleep(0.3)
            data = self.server.data
            if self.server.away or not data.jobs:
                continue
            job = data.jobs.pop(min(data.jobs))
            self.drawn[job.id] += 1
            for event in (Started(worker="w1", at=0), done(job)):
                reply = Reply(job=job.id, response=job.response, slot=job.slot, attempt=1, event=event)
                # As a stream's ids follow the clock, what comes after a loss is later than what was read before it.
                self._replied += 1
                data.replies.setdefault(job.reply_to, []).append((self._replied, reply))
            self.server.changed(job.reply_to)

    async def _read(self) -> list[tuple[int, GatewayEvent]]:
        """Follow at any gateway, and elsewhere once that is gone, to the last event."""
        seen: list[tuple[int, GatewayEvent]] = []
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

    async def _some(self, gateway: Gateway, seen: list[tuple[int, GatewayEvent]]) -> None:
        async with contextlib.aclosing(gateway.follower.follow("resp_1")) as events:
            at = 0
            async for numbered in events:
                if at < len(seen):
                    self._demand(numbered == seen[at], f"told {numbered} where {seen[at]} was told before")
                else:
                    seen.append(numbered)
                at += 1

    async def _replayed(self) -> Document:
        await asyncio.sleep(6)
        gateway = self.chance.choice(self._alive)
        return await gateway.follower.document("resp_1")

    def _check(self, events: list[tuple[int, GatewayEvent]], replayed: Document) -> None:
        self._demand([number for number, _ in events] == list(range(1, len(events) + 1)), "numbers")
        document = fold(event for _, event in events)
        lasts = sum(isinstance(event, LastEvent) for _, event in events)
        self._demand(lasts == 1, f"{lasts} last events")
        ends = Counter(
            e.item
            for _, e in events
            if isinstance(e, ev.PictureDone | ev.PictureFailed | ev.PictureCancelled)
        )
        self._demand(set(ends.values()) <= {1}, "one outcome for each picture")
        if self.has_lost_data and document.error_code == "response_lost":
            return
        self._demand(document == replayed, f"{_short(document)} was told, {_short(replayed)} later")
        self._demand(document.state == "completed", f"lost: {_short(document)}")
        texts = [item.text for item in document.items if isinstance(item, Text)]
        self._demand(" ".join(texts).split() == " ".join(TEXTS).split(), f"text {texts}")
        self._demand([picture.state for picture in document.pictures] == ["done", "done"], _short(document))
        if not self.has_lost_data:
            self._demand(set(self.drawn.values()) <= {1}, f"drawn twice: {self.drawn}")

    def _demand(self, holds: bool, what: str) -> None:
        assert holds, f"seed {self.seed}: {what}; faults: {self.log}"


def _short(document: Document) -> str:
    items = [
        f"{item.id} {item.state} {item.code}" if isinstance(item, Picture) else item.text
        for item in document.items
    ]
    return f"{document.state} {document.error_code} {document.ended_at} {items}"


async def _end_all() -> None:
    """End every task, however many waits on a dead client its cleaning up holds."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=0.001)
