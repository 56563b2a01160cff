"""Runs this process's responses: each is stitched by a task that appends to the ledger, whoever reads it.

A response ends by itself, or is stopped: cancelled from any gateway process, abandoned by its last reader, or overdue. Where its
process is lost or shuts down, another goes on with it (see `takeover`). However it ends, its last event is in the ledger, unless it
was deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Self

from gateway.answer.errors import STORE_ERRORS, Overloaded, ShuttingDown
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.answer.plan import Base64Store
from gateway.answer.request import Request
from gateway.answer.stitching.judging import Critic
from gateway.answer.stitching.state import Clock, Start
from gateway.running.backends import Backends
from gateway.running.conducting import Conducting, Ended, nobody_asks
from gateway.running.making import Maker
from gateway.running.recording import Recording
from gateway.running.run import Run, Stream
from gateway.running.runs import Runs
from gateway.running.watches import LISTEN_S, Watches
from gateway.store.leases import Leases
from gateway.store.ledger import Ledger
from gateway.store.values import Standing
from gateway.timeouts import Timeouts
from telemetry.logs import bind

# What a client that comes too early is told to wait.
RETRY_AFTER_S = 5.0
# A stopped response lets go of planner and pool, then writes its last events.
STOP_S = 10.0


class Conductor:
    """The responses of one gateway process; used as an async context manager, within which it can be heard.

    At `most_responses` under way, another is refused. `leases` are renewed by whoever made them. `ended` is told of each that is over.
    """

    def __init__(
        self,
        backends: Backends,
        blobs: Base64Store,
        ledger: Ledger,
        leases: Leases,
        timeouts: Timeouts,
        clock: Clock,
        most_responses: int,
        critic: Critic | None = None,
        ended: Ended = nobody_asks,
    ) -> None:
        self._backends = backends
        self._ledger, self._leases, self._most = ledger, leases, most_responses
        self._runs = Runs(leases)
        self._maker = Maker(backends, blobs, clock, timeouts, critic)
        self._conducting = Conducting(self._runs, ledger, clock, timeouts.response_s, ended)
        self._watches = Watches(self._conducting, self._maker)
        self._closing = False
        self.ended = ended
        self.loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.loops = self._watches.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drain(0)
        for loop in self.loops:
            loop.cancel()
        await asyncio.wait(self.loops)

    @property
    def under_way(self) -> int:
        """How many responses this process is at."""
        return len(self._runs.under_way)

    def is_at(self, id: str) -> bool:
        """Whether this process answers a response."""
        return id in self._runs.under_way

    def serves(self, model: str) -> bool:
        """Whether this process can make answers of a model."""
        return model in self._backends

    @property
    def is_closing(self) -> bool:
        """Whether it takes no more responses."""
        return self._closing

    def check_capacity(self) -> None:
        """Refuse a response that could not be begun now; asked first, it saves all work on one that will be refused.

        Raises:
            Overloaded: too many responses are under way.
            ShuttingDown: this process takes no more.
        """
        if self._closing:
            raise ShuttingDown
        if self.under_way >= self._most:
            raise Overloaded(f"{self._most} answers are under way here already.", retry_after_s=RETRY_AFTER_S)

    async def start(self, request: Request) -> None:
        """Begin a response; returns once the planner has begun to write, and nothing is left of it if this raises.

        Raises:
            Overloaded, ShuttingDown: as `check_capacity`.
            PlannerUnavailable: the planner did not begin in time; whatever the planner raises comes through as well.
            redis.RedisError, OSError: Redis is away.
        """
        self.check_capacity()
        bind(response=request.id)
        owner = self._leases.owner
        standing = Standing("in_progress", owner, 0, 0, owner, is_cancelled=False)
        run = self._runs.under_way[request.id] = self._run(request, standing, Start())
        try:
            stream = await self._maker.made(run)
            await self._admit(run, stream, await self._maker.first(stream))
        except BaseException:
            self._runs.under_way.pop(request.id, None)
            raise
        self._conducting.begin(run, stream)

    async def go_on(self, request: Request, standing: Standing, events: list[GatewayEvent]) -> None:
        """Go on with a response that this process has just taken over, as `standing` and its events have it."""
        start = Start(fold(events), standing.replies_to)
        run = self._runs.under_way[request.id] = self._run(request, standing, start, events)
        self._conducting.begin(run, self._maker.rest(run))

    def _run(
        self, request: Request, standing: Standing, start: Start, written: Sequence[GatewayEvent] = ()
    ) -> Run:
        return Run(request, standing, start, Recording(self._ledger, request, standing, start, written))

    async def cancel(self, id: str) -> None:
        """Cancel a response, whichever process is at it; one that has ended stays as it is."""
        if self.is_at(id):
            self._watches.cancel(id)
        else:
            await self._ledger.orders.cancel(id)

    async def drain(self, grace_s: float) -> None:
        """Take no more responses, and leave those under way to others.

        Where another process is alive it gets them at once; else they have `grace_s` seconds to end here, before they are left to
        whichever process comes.
        """
        self._closing = True
        if not await self._are_others():
            await self._runs.end(grace_s)
        for run in self._runs.under_way.values():
            run.leave()
        for task in await self._runs.end(STOP_S):
            task.cancel()

    async def _are_others(self) -> bool:
        try:
            async with asyncio.timeout(LISTEN_S):
                await self._leases.leave()
                return await self._leases.others()
        except STORE_ERRORS:
            return False

    async def _admit(self, run: Run, stream: Stream, first: GatewayEvent) -> None:
        try:
            if self._closing:
                raise ShuttingDown
            await self._leases.hold(run.request.id)
            await self._ledger.create(run.request, self._leases.owner, [first])
        except BaseException:
            await stream.aclose()
            await self._runs.let_go(run.request.id, to_others=False)
            raise
        run.recording.written.append(first)
