"""Runs this process's responses: each is stitched by a task that appends to the ledger, whoever reads it.

A response ends by itself, or is stopped: cancelled from any gateway process, abandoned by its last reader, or overdue. Where its
process is lost or shuts down, another goes on with it (see `takeover`). However it ends, its last event is in the ledger, unless it
was deleted.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Protocol, Self

from gateway.answer import stitch as seams
from gateway.answer import written
from gateway.answer.document import closing_events, fold
from gateway.answer.errors import STORE_ERRORS, Overloaded, PlannerUnavailable, ShuttingDown
from gateway.answer.events import GatewayEvent, ResponseCancelled, ResponseFailed
from gateway.answer.failures import response_failed
from gateway.answer.plan import Base64Store, plan_request
from gateway.answer.request import Request
from gateway.answer.stitch import Clock, Start, stitch
from gateway.answer.verbatim import VerbatimPlanner
from gateway.running.run import Run, Stream, batches, produce
from gateway.running.writer import write_down
from gateway.store.leases import Leases
from gateway.store.ledger import Ledger, Standing
from gateway.timeouts import Timeouts
from planner_service.wire import PlannerModel
from telemetry.logs import bind
from visualizer_service.wire import Limits

log = logging.getLogger(__name__)

# What a client that comes too early is told to wait.
RETRY_AFTER_S = 5.0
# A stopped response lets go of planner and pool, then writes its last events.
STOP_S = 10.0
# A Redis that crashes or fails over may come back without its last seconds.
UNSAFE_S = 20.0
_LISTEN_S = 1.0
_RETRY_S = 0.5


class Planner(written.Planner, Protocol):
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
    """The responses of one gateway process; used as an async context manager, within which it can be heard.

    At `most_responses` under way, another is refused. `leases` are renewed by whoever made them.
    """

    def __init__(
        self,
        planner: Planner,
        pool: Pool,
        blobs: Base64Store,
        ledger: Ledger,
        leases: Leases,
        timeouts: Timeouts,
        clock: Clock,
        most_responses: int,
    ) -> None:
        self._planner, self._pool, self._blobs, self._ledger = planner, pool, blobs, ledger
        self._leases, self._timeouts, self._clock, self._most = leases, timeouts, clock, most_responses
        self._id = leases.owner
        self._runs: dict[str, Run] = {}
        self._ended_here: dict[str, Run] = {}
        self._closing = False
        self._interruptions = 0
        self.loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.loops = [
            asyncio.create_task(self._look_for_readers(), name="gateway readers"),
            asyncio.create_task(self._listen(), name="gateway orders"),
            asyncio.create_task(self._check_store(), name="gateway store"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drain(0)
        for loop in self.loops:
            loop.cancel()
        await asyncio.wait(self.loops)

    @property
    def under_way(self) -> int:
        """How many responses this process is at."""
        return len(self._runs)

    def is_at(self, id: str) -> bool:
        """Whether this process answers a response."""
        return id in self._runs

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
        standing = Standing("in_progress", self._id, 0, 0, self._id, is_cancelled=False)
        run = self._runs[request.id] = Run(request, standing, Start())
        try:
            stream = await self._stitched(run)
            first = await self._first(stream)
            await self._admit(run, stream)
        except BaseException:
            del self._runs[request.id]
            raise
        run.events.put_nowait(first)
        self._run(run, stream)

    async def go_on(self, request: Request, standing: Standing, events: list[GatewayEvent]) -> None:
        """Go on with a response that this process has just taken over, as `standing` and its events have it."""
        start = Start(fold(events), standing.replies_to)
        run = self._runs[request.id] = Run(request, standing, start, events)
        self._run(run, self._gone_on(run))

    async def cancel(self, id: str) -> None:
        """Cancel a response, whichever process is at it; one that has ended stays as it is."""
        if id in self._runs:
            self._cancel(id)
        else:
            await self._ledger.order_cancel(id)

    async def drain(self, grace_s: float) -> None:
        """Take no more responses, and leave those under way to others.

        Where another process is alive it gets them at once; else they have `grace_s` seconds to end here, before they are left to
        whichever process comes.
        """
        self._closing = True
        if not await self._are_others():
            await self._ended(grace_s)
        for run in self._runs.values():
            run.leave()
        for task in await self._ended(STOP_S):
            task.cancel()

    async def _are_others(self) -> bool:
        try:
            async with asyncio.timeout(_LISTEN_S):
                await self._leases.leave()
                return await self._leases.others()
        except STORE_ERRORS:
            return False

    async def _ended(self, timeout_s: float) -> set[asyncio.Task[None]]:
        """Wait for the responses under way; answers those that are not done in time."""
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        return (await asyncio.wait(tasks, timeout=timeout_s))[1] if tasks else set()

    def _run(self, run: Run, stream: Stream) -> None:
        run.producer = asyncio.create_task(produce(stream, run), name=f"stitch {run.request.id}")
        run.producer.add_done_callback(lambda _: run.events.put_nowait(None))
        run.task = asyncio.create_task(self._conduct(run, stream), name=f"conduct {run.request.id}")

    async def _stitched(self, run: Run) -> Stream:
        request = run.request
        planner = self._planner if request.planned else VerbatimPlanner()
        plan = await plan_request(request, await planner.model(), self._blobs)
        limits = await self._pool.limits()
        patience_s = self._timeouts.store_s
        return stitch(request, plan, planner, self._pool, limits, self._clock, run.start, patience_s)

    async def _gone_on(self, run: Run) -> Stream:
        """The rest of a response; planner and store are waited for, as its deadline bounds it."""
        while True:
            try:
                stream = await self._stitched(run)
                break
            except Exception:
                log.warning(
                    "can't go on with a response yet", exc_info=True, extra={"response": run.request.id}
                )
                await asyncio.sleep(_RETRY_S)
        try:
            async for event in stream:
                yield event
        finally:
            await stream.aclose()

    async def _first(self, stream: Stream) -> GatewayEvent:
        try:
            async with asyncio.timeout(self._timeouts.plan_start_s):
                return await anext(stream)
        except TimeoutError:
            limit_s = self._timeouts.plan_start_s
            raise PlannerUnavailable(f"The planner has not begun to answer within {limit_s:g} s.") from None

    async def _admit(self, run: Run, stream: Stream) -> None:
        try:
            if self._closing:
                raise ShuttingDown
            await self._leases.hold(run.request.id)
            await self._ledger.create(run.request, self._id)
        except BaseException:
            await stream.aclose()
            await self._let_go(run, to_others=False)
            raise

    async def _conduct(self, run: Run, stream: Stream) -> None:
        """Write a response down, batch by batch, to its last event."""
        document = run.start.document
        began_at = document.started_at or self._clock()
        stop = partial(self._overdue, run, began_at)
        left_s = began_at + self._timeouts.response_s - self._clock()
        overdue = asyncio.get_running_loop().call_later(max(0.0, left_s), stop)
        is_ours = True
        try:
            async for batch in batches(run.events):
                is_ours = await self._is_written(run, batch)
                if not is_ours:
                    return
                document = fold(batch, document)
            if document.state == "in_progress" and not run.leaves:
                last = run.stopped or response_failed("internal", self._clock())
                end = closing_events(document, last)
                is_ours = await self._is_written(run, end)
                document = fold(end, document)
        except Exception:
            log.exception("response not written down", extra={"response": run.request.id})
        finally:
            overdue.cancel()
            if is_ours and document.state != "in_progress":
                self._remember(run)
            await self._forget(run, stream, to_others=is_ours and document.state == "in_progress")

    def _remember(self, run: Run) -> None:
        """Keep an answer that is over for as long as Redis may still forget its end."""
        self._ended_here[run.request.id] = run
        asyncio.get_running_loop().call_later(UNSAFE_S, self._ended_here.pop, run.request.id, None)

    async def _is_written(self, run: Run, events: list[GatewayEvent]) -> bool:
        """Write down; a response that is nobody's to write any more is stopped, its jobs left to whoever has it now."""
        written = await write_down(self._ledger, run, events)
        if written == "lost":
            run.start.leaves_jobs = True
        return written == "written"

    def _overdue(self, run: Run, began_at: float) -> None:
        at, limit_s = self._clock(), self._timeouts.response_s
        words = f"The answer was not complete after {at - began_at:.1f} s; it may take {limit_s:g} s."
        run.stop(ResponseFailed(at=at, code="deadline", message=words))

    async def _forget(self, run: Run, stream: Stream, *, to_others: bool) -> None:
        if run.producer is not None:
            run.producer.cancel()
            await asyncio.wait([run.producer])
        # A producer that was cancelled before its first step has not touched the stream.
        await stream.aclose()
        await self._let_go(run, to_others=to_others)
        del self._runs[run.request.id]

    async def _let_go(self, run: Run, *, to_others: bool) -> None:
        try:
            await self._leases.let_go(run.request.id, to_others=to_others)
        except STORE_ERRORS:
            log.warning(
                "can't let go of a lease, it will end", exc_info=True, extra={"response": run.request.id}
            )

    def _cancel(self, id: str) -> None:
        if id in self._runs:
            self._runs[id].stop(ResponseCancelled(at=self._clock()))

    async def _look_for_readers(self) -> None:
        """Cancel what nobody reads. Beats are counted, not seconds: while Redis is away nobody can say that they read."""
        while True:
            await asyncio.sleep(self._timeouts.beat_s)
            foreground = [
                run for run in self._runs.values() if run.is_stoppable and not run.request.background
            ]
            try:
                read = await self._ledger.are_read([run.request.id for run in foreground])
            except STORE_ERRORS:
                log.warning("can't see who reads", exc_info=True)
                continue
            for run, is_read in zip(foreground, read, strict=True):
                run.unread = 0 if is_read else run.unread + 1
                if run.unread * self._timeouts.beat_s > self._timeouts.reader_grace_s:
                    self._cancel(run.request.id)

    async def _check_store(self) -> None:
        """Once the store was away, see for each response that it is still there, and that its jobs are."""
        while True:
            await asyncio.sleep(self._timeouts.beat_s)
            if self._leases.interruptions == self._interruptions:
                continue
            self._interruptions = self._leases.interruptions
            for run in tuple(self._ended_here.values()):
                await self._is_written(run, [])
            for run in [run for run in self._runs.values() if run.is_stoppable]:
                run.start.store_back.set()
                if not await self._is_written(run, []):
                    run.leave() if run.start.leaves_jobs else self._cancel(run.request.id)

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
