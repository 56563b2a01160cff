"""How a gateway has pictures drawn: submit jobs to a pool, and hear what becomes of them.

It knows nothing of what a response is beyond its id. `Pool` never says that a job is overdue: whoever waits on an inbox bounds the
wait by the job's deadline, for there may be no worker alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Self

from redis.asyncio import Redis

from telemetry.traces import CURRENT, Span
from visualizer_service.errors import QueueFull
from visualizer_service.queue.affinity import nearest
from visualizer_service.queue.connection import RECONNECT_S, STORE_ERRORS, Queue, connect
from visualizer_service.queue.registry import PERMISSIVE, Registry
from visualizer_service.wire import Cancelled, Done, Failed, Job, Limits, Reply, WorkerInfo

__all__ = ["PERMISSIVE", "STORE_ERRORS", "Pool", "QueueFull", "connect"]


log = logging.getLogger(__name__)


class Pool:
    """One pool as one gateway process sees it; used as an async context manager, within which replies are heard.

    `gateway_id` is new with each process, and what a job's `reply_to` must say for its replies to come here. `redis` must not decode
    its answers and must let a read block for a second (see `connect`). At `most_waiting` queued jobs, submitting is refused.
    """

    def __init__(self, redis: Redis, name: str, gateway_id: str, most_waiting: int | None = None) -> None:
        self.gateway_id = gateway_id
        self._queue = Queue(redis, name)
        self._registry = Registry(redis, name)
        self._most_waiting = most_waiting
        self._inboxes: dict[str, asyncio.Queue[Reply]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._spans: dict[tuple[str, int], Span] = {}

    async def __aenter__(self) -> Self:
        self._reader = asyncio.create_task(self._read(), name="replies")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    async def submit(self, job: Job) -> None:
        """Put a job in line, where it can be for a worker that holds its references; the same id a second time changes nothing.

        Raises:
            QueueFull: too many jobs wait already.
            redis.RedisError: Redis stayed away through all retries; the job may or may not be queued.
        """
        # There is no convention for pictures: the nearest operation, and what kind of output it has.
        span = CURRENT.get().child(
            "picture",
            "producer",
            gen_ai__operation__name="generate_content",
            gen_ai__output__type="image",
            response=job.response,
            job=job.id,
            tenant=job.tenant,
        )
        if span.traceparent:
            job = job.model_copy(update={"traceparent": span.traceparent})
            self._spans[job.response, job.slot] = span
        near = nearest(job, await self._registry.workers()) if job.references else []
        await self._queue.enqueue(job, time.time(), self._most_waiting, near)

    async def cancel(self, response_id: str) -> None:
        """Have all jobs of a response, queued or running, end as `Cancelled`."""
        await self._queue.cancel(response_id)

    @contextlib.contextmanager
    def route(self, response_id: str) -> Iterator[asyncio.Queue[Reply]]:
        """The inbox of a response: all replies to its jobs, in order for each job, from before they are submitted."""
        inbox = self._inboxes[response_id] = asyncio.Queue()
        try:
            yield inbox
        finally:
            del self._inboxes[response_id]
            for place in [place for place in self._spans if place[0] == response_id]:
                self._spans.pop(place).end(error="given up")

    async def workers(self) -> list[WorkerInfo]:
        """Who is alive in the pool."""
        return await self._registry.workers()

    async def limits(self) -> Limits:
        """What the pool's model can draw, as last advertised; `PERMISSIVE` where no worker was ever seen."""
        return await self._registry.limits()

    async def waiting(self) -> dict[str, int]:
        """Jobs that wait for a worker, by class; whatever their class, those that a leaving worker gave back and those `near` one worker."""
        return await self._queue.waiting()

    async def _read(self) -> None:
        """Deliver replies for ever, going on from the last one read when Redis was away."""
        after = "0-0"
        while True:
            try:
                replies, after = await self._queue.replies(self.gateway_id, after)
            except STORE_ERRORS:
                log.warning("can't read replies, trying again", exc_info=True)
                await asyncio.sleep(RECONNECT_S)
                continue
            for reply in replies:
                self._deliver(reply)

    def _deliver(self, reply: Reply) -> None:
        inbox = self._inboxes.get(reply.response)
        if inbox is None:
            log.debug("nobody waits for this reply", extra={"response": reply.response, "job": reply.job})
            return
        if self._spans:
            self._trace(reply)
        inbox.put_nowait(reply)

    def _trace(self, reply: Reply) -> None:
        """Tell a picture's span how many attempts there were, and end it with the job's last event."""
        place = reply.response, reply.slot
        span = self._spans.get(place)
        if span is None:
            return
        span.tell(attempts=reply.attempt)
        if isinstance(reply.event, Done | Failed | Cancelled):
            span.end(error=reply.event.code if isinstance(reply.event, Failed) else None)
            del self._spans[place]
