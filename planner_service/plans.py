"""The life of plans: each that begins ends in exactly one `PlanDone` or `PlanFailed`, unless its reader closes it first.

It knows the backend's seam and the clock, not HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from planner_service.backend import Backend
from planner_service.errors import PlanBroken, PlannerUnavailable, PlanRefused
from planner_service.language.bounds import language_of
from planner_service.metrics import Metrics
from planner_service.wire import FailureCode, PlanDone, PlanEvent, PlanFailed, PlanRequest, Slot
from planner_service.writing.answer import Answer
from planner_service.writing.stretches import events_of

logger = logging.getLogger(__name__)


class Plan:
    """One plan's events, from whoever writes it to whoever reads it. Its token limit bounds what can pile up."""

    def __init__(self, request_id: str, metrics: Metrics, began: float):
        self.id = request_id
        self._metrics = metrics
        self._began = began
        self._events: asyncio.Queue[PlanEvent] = asyncio.Queue()
        self._is_first = True
        self._outcome: str | None = None
        self._writer: asyncio.Task[None] | None = None
        metrics.open.inc()

    def start(self, events: AsyncGenerator[PlanEvent], timeout_s: float) -> asyncio.Task[None]:
        """Begin to write; the task ends with the plan."""
        self._writer = asyncio.create_task(self._write(events, timeout_s))
        return self._writer

    async def next_events(self) -> list[PlanEvent]:
        """Wait for an event and take all that are there. A `PlanDone` or `PlanFailed` is the last there will be."""
        events = [await self._events.get()]
        while not self._events.empty():
            events.append(self._events.get_nowait())
        return events

    def fail(self, code: FailureCode, message: str | None = None) -> None:
        """End a plan that is still being written."""
        if self._outcome is None:
            self._put(PlanFailed(code=code, message=message))
            self._end(code)

    def close(self) -> None:
        """Say that nobody reads on: a plan still being written is aborted."""
        if self._outcome is None:
            self._end("closed")

    async def _write(self, events: AsyncGenerator[PlanEvent], timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s), aclosing(events):
                async for event in events:
                    self._put(event)
                    if isinstance(event, PlanDone):
                        self._end(event.finish_reason)
        except PlanBroken as error:
            logger.warning("plan broken", exc_info=error, extra={"plan": self.id, "code": error.code})
            self.fail(error.code)
        except TimeoutError:
            took_s = time.perf_counter() - self._began
            self.fail(
                "deadline", f"The planner was not done after {took_s:.1f} s; it may take {timeout_s:g} s."
            )
        except Exception:
            logger.exception("plan failed", extra={"plan": self.id})
            self.fail("engine_failed")

    def _put(self, event: PlanEvent) -> None:
        if self._is_first:
            self._is_first = False
            self._metrics.first_event.observe(time.perf_counter() - self._began)
        if isinstance(event, Slot):
            self._metrics.slots.inc()
        self._events.put_nowait(event)

    def _end(self, outcome: str) -> None:
        """Count the plan's one outcome, and stop the writer unless it is the writer who ends."""
        self._outcome = outcome
        self._metrics.open.dec()
        self._metrics.plans.labels(outcome).inc()
        self._metrics.duration.observe(time.perf_counter() - self._began)
        if self._writer and self._writer is not asyncio.current_task():
            self._writer.cancel()


class Plans:
    """All plans of this process."""

    def __init__(self, backend: Backend, metrics: Metrics, timeout_s: float):
        self._backend = backend
        self._metrics = metrics
        self._timeout_s = timeout_s
        self._open: dict[asyncio.Task[None], Plan] = {}
        self.draining = False

    async def begin(self, request: PlanRequest) -> Plan:
        """Accept a plan.

        Raises:
            PlanRefused: the request is wrong or does not fit the model.
            PlannerUnavailable: the process is stopping, or the backend is down.
        """
        began = time.perf_counter()
        try:
            if self.draining:
                raise PlannerUnavailable("the planner is shutting down")
            language = language_of(request)
            opened = await self._backend.open(request, language)
            answer = Answer(request, language, opened)
            first = answer.next()
            chunks = await opened.write(first) if first else None
        except (PlanRefused, PlannerUnavailable) as error:
            self._metrics.plans.labels("refused" if isinstance(error, PlanRefused) else "unavailable").inc()
            raise
        plan = Plan(request.id, self._metrics, began)
        writer = plan.start(events_of(opened, answer, chunks, thinking=request.thinking), self._timeout_s)
        self._open[writer] = plan
        writer.add_done_callback(self._open.pop)
        return plan

    def drain(self) -> None:
        """Take no more plans."""
        self.draining = True

    def fail_all(self) -> None:
        """End every open plan with `shutting_down`."""
        for plan in list(self._open.values()):
            plan.fail("shutting_down")
