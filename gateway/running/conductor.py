"""Runs this process's responses: each is stitched by a task that appends to the ledger, whoever reads it.

A response ends by itself, or is stopped: cancelled from any gateway process, abandoned by its last reader, overdue, or caught by
this process shutting down. However it ends, its last event is in the ledger, unless the ledger itself is gone.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Protocol, Self

from gateway.answer import stitch as seams
from gateway.answer.document import Document, closing_events, fold
from gateway.answer.errors import STORE_ERRORS, Overloaded, PlannerUnavailable, ShuttingDown
from gateway.answer.events import GatewayEvent, ResponseCancelled, ResponseFailed
from gateway.answer.failures import response_failed
from gateway.answer.plan import Base64Store, plan_request
from gateway.answer.request import Request
from gateway.answer.stitch import Clock, stitch
from gateway.answer.verbatim import VerbatimPlanner
from gateway.running.run import Run, Stream, batches, produce
from gateway.store.ledger import Ledger, Written
from gateway.timeouts import Timeouts
from planner_service.wire import PlannerModel
from telemetry.logs import bind
from visualizer_service.wire import Limits

log = logging.getLogger(__name__)

# What a client that comes too early is told to wait.
RETRY_AFTER_S = 5.0
# A stopped response lets go of planner and pool, then writes its last events.
STOP_S = 10.0
_RETRY_S = 0.2
_LISTEN_S = 1.0


class Planner(seams.Planner, Protocol):
    """Whoever plans."""

    async def model(self) -> PlannerModel:
        """What the planner serves."""
        ...


class Pool(seams.Pool, Protocol):
    """Whoever draws."""

    async def limits(self) -> Limits:
        """What the pool's model can draw."""
        ...


class Conductor:
    """The responses of one gateway process; used as an async context manager, within which it can be heard and is known alive.

    At `most_responses` under way, another is refused.
    """

    def __init__(
        self,
        planner: Planner,
        pool: Pool,
        blobs: Base64Store,
        ledger: Ledger,
        timeouts: Timeouts,
        clock: Clock,
        most_responses: int,
    ) -> None:
        self._planner, self._pool, self._blobs, self._ledger = planner, pool, blobs, ledger
        self._timeouts, self._clock, self._most = timeouts, clock, most_responses
        self._id = pool.gateway_id
        self._runs: dict[str, Run] = {}
        self._closing = False
        self._loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._loops = [
            asyncio.create_task(self._beat(), name="gateway heartbeat"),
            asyncio.create_task(self._listen(), name="gateway orders"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drain(0)
        for loop in self._loops:
            loop.cancel()
        await asyncio.wait(self._loops)

    @property
    def under_way(self) -> int:
        """How many responses this process is at."""
        return len(self._runs)

    def check_capacity(self) -> None:
        """Refuse a response that could not be begun now; asked first, it saves all work on one that will be refused.

        Raises:
            Overloaded: too many responses are under way.
            ShuttingDown: this process takes no more.
        """
        if self._closing:
            raise ShuttingDown
        if len(self._runs) >= self._most:
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
        run = self._runs[request.id] = Run(request)
        try:
            stream = await self._stitched(request)
            first = await self._first(stream)
            await self._admit(request, stream)
        except BaseException:
            del self._runs[request.id]
            raise
        run.events.put_nowait(first)
        run.producer = asyncio.create_task(produce(stream, run), name=f"stitch {request.id}")
        run.producer.add_done_callback(lambda _: run.events.put_nowait(None))
        run.task = asyncio.create_task(self._conduct(run, stream), name=f"conduct {request.id}")

    async def cancel(self, id: str) -> None:
        """Cancel a response, whichever process is at it; one that has ended stays as it is."""
        if id in self._runs:
            self._cancel(id)
        else:
            await self._ledger.order_cancel(id)

    async def drain(self, grace_s: float) -> None:
        """Take no more responses; give those under way `grace_s` seconds to end, then end them."""
        self._closing = True
        await self._ended(grace_s)
        for run in self._runs.values():
            run.stop(response_failed("shutting_down", self._clock()))
        for task in await self._ended(STOP_S):
            task.cancel()

    async def _ended(self, timeout_s: float) -> set[asyncio.Task[None]]:
        """Wait for the responses under way; answers those that are not done in time."""
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        return (await asyncio.wait(tasks, timeout=timeout_s))[1] if tasks else set()

    async def _stitched(self, request: Request) -> Stream:
        planner = self._planner if request.planned else VerbatimPlanner()
        plan = await plan_request(request, await planner.model(), self._blobs)
        limits = await self._pool.limits()
        return stitch(request, plan, planner, self._pool, limits, self._clock)

    async def _first(self, stream: Stream) -> GatewayEvent:
        try:
            async with asyncio.timeout(self._timeouts.plan_start_s):
                return await anext(stream)
        except TimeoutError:
            limit_s = self._timeouts.plan_start_s
            raise PlannerUnavailable(f"The planner has not begun to answer within {limit_s:g} s.") from None

    async def _admit(self, request: Request, stream: Stream) -> None:
        try:
            if self._closing:
                raise ShuttingDown
            await self._ledger.create(request, self._id)
        except BaseException:
            await stream.aclose()
            raise

    async def _conduct(self, run: Run, stream: Stream) -> None:
        """Write a response down, batch by batch, to its last event."""
        stop = partial(self._overdue, run, self._clock())
        overdue = asyncio.get_running_loop().call_later(self._timeouts.response_s, stop)
        document, number = Document(), 1
        try:
            async for batch in batches(run.events):
                if await self._append(run, number, batch) != "written":
                    return
                document = fold(batch, document)
                number += len(batch)
            if document.state == "in_progress":
                await self._append(
                    run,
                    number,
                    closing_events(document, run.stopped or response_failed("internal", self._clock())),
                )
        except Exception:
            log.exception("response not written down", extra={"response": run.request.id})
        finally:
            overdue.cancel()
            await self._forget(run, stream)

    def _overdue(self, run: Run, began_at: float) -> None:
        at, limit_s = self._clock(), self._timeouts.response_s
        words = f"The answer was not complete after {at - began_at:.1f} s; it may take {limit_s:g} s."
        run.stop(ResponseFailed(at=at, code="deadline", message=words))

    async def _append(self, run: Run, number: int, events: list[GatewayEvent]) -> Written:
        """Append, again and again while Redis is away. If that takes too long the response is stopped, but still written down."""
        trouble_at: float | None = None
        while True:
            try:
                written = await self._ledger.append(run.request, self._id, number, events)
            except STORE_ERRORS:
                trouble_at = trouble_at or self._clock()
                away_s = self._clock() - trouble_at
                if away_s > self._timeouts.store_s:
                    run.stop(self._store_lost(away_s))
                # Its readers have given it up by then.
                if away_s > self._timeouts.silence_s:
                    log.exception("response given up", extra={"response": run.request.id})
                    return "gone"
                await asyncio.sleep(_RETRY_S)
                continue
            if written != "written":
                log.warning("response taken away", extra={"response": run.request.id, "ledger": written})
            return written

    def _store_lost(self, away_s: float) -> ResponseFailed:
        words = f"The store of answers was away for {away_s:.1f} s; it may be away for {self._timeouts.store_s:g} s."
        return ResponseFailed(at=self._clock(), code="store_unavailable", message=words)

    async def _forget(self, run: Run, stream: Stream) -> None:
        if run.producer is not None:
            run.producer.cancel()
            await asyncio.wait([run.producer])
        # A producer that was cancelled before its first step has not touched the stream.
        await stream.aclose()
        del self._runs[run.request.id]

    def _cancel(self, id: str) -> None:
        if id in self._runs:
            self._runs[id].stop(ResponseCancelled(at=self._clock()))

    async def _beat(self) -> None:
        """Say that this process is alive, and see which responses are still read."""
        while True:
            try:
                await self._ledger.beat(self._id, self._timeouts.heartbeat_ttl_s)
                await self._look_for_readers()
            except STORE_ERRORS:
                log.warning("can't beat", exc_info=True)
            await asyncio.sleep(self._timeouts.beat_s)

    async def _look_for_readers(self) -> None:
        """Cancel what nobody reads. Beats are counted, not seconds: while Redis is away nobody can say that they read."""
        foreground = [
            run for run in self._runs.values() if run.producer is not None and not run.request.background
        ]
        read = await self._ledger.are_read([run.request.id for run in foreground])
        for run, is_read in zip(foreground, read, strict=True):
            run.unread = 0 if is_read else run.unread + 1
            if run.unread * self._timeouts.beat_s > self._timeouts.reader_grace_s:
                self._cancel(run.request.id)

    async def _listen(self) -> None:
        """Cancel what other processes ask to be cancelled."""
        after = "0-0"
        while True:
            try:
                ids, after = await self._ledger.orders(self._id, after, _LISTEN_S)
            except STORE_ERRORS:
                log.warning("can't hear orders", exc_info=True)
                await asyncio.sleep(self._timeouts.beat_s)
                continue
            for id in ids:
                self._cancel(id)
