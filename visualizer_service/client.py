"""How a gateway has pictures drawn: submit jobs to a pool, and hear what becomes of them.

It knows nothing of what a response is beyond its id. `Pool` never says that a job is overdue: whoever waits on an inbox bounds the
wait by the job's deadline, for there may be no worker alive.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from redis.asyncio import Redis

from telemetry.traces import CURRENT, Span
from visualizer_service.errors import QueueFull
from visualizer_service.queue.affinity import nearest
from visualizer_service.queue.connection import RECONNECT_S, STORE_ERRORS, connect
from visualizer_service.queue.line import Line
from visualizer_service.queue.registry import PERMISSIVE, Registry
from visualizer_service.queue.submitter import ANSWERS_S, Queue
from visualizer_service.wire import Cancelled, Done, Failed, Job, JobClass, Limits, Reply, WorkerInfo

__all__ = ["PERMISSIVE", "STORE_ERRORS", "Pool", "QueueFull", "connect"]


log = logging.getLogger(__name__)

FORGET_EVERY_S = 30.0
BELIEVED_S = 1.0
"""How long limits are taken to be so: others come only with other workers, which take longer to start."""


@dataclass(slots=True)
class _Mailbox:
    """A stream of replies: how far it was read, and the inboxes of the responses whose replies go there."""

    after: str = "0-0"
    inboxes: dict[str, asyncio.Queue[Reply]] = field(default_factory=dict)


class Pool:
    """One pool as one gateway process sees it; used as an async context manager, within which replies are heard.

    `gateway_id` is new with each process, and what a job's `reply_to` says for the answers that begin here: its mailbox. Whoever goes
    on with an answer reads that same mailbox from its beginning, so replies may come twice. `redis` must not decode its answers and
    must let a read block for a second (see `connect`). At `most_waiting` queued jobs, submitting is refused. No answer takes `answers_s` seconds:
    older replies are thrown away, and so long it is known which jobs were submitted.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        gateway_id: str,
        most_waiting: int | None = None,
        answers_s: float = ANSWERS_S,
    ) -> None:
        self.gateway_id = gateway_id
        self._queue = Queue(redis, name)
        self._line = Line(redis, name)
        self._registry = Registry(redis, name)
        self._most_waiting = most_waiting
        self._answers_s = answers_s
        self._mailboxes: dict[str, _Mailbox] = {gateway_id: _Mailbox()}
        self._all_take_turns = True
        self._limits, self._limits_known_at = PERMISSIVE, -math.inf
        self.loops: list[asyncio.Task[None]] = []
        self._spans: dict[tuple[str, int], Span] = {}
        self._ended: set[tuple[str, int]] = set()

    async def __aenter__(self) -> Self:
        self.loops = [
            asyncio.create_task(self._read(), name="replies"),
            asyncio.create_task(self._look_for_old_workers(), name="workers that know no lines"),
            asyncio.create_task(self._forget_replies(), name="replies that nobody needs"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for loop in self.loops:
            loop.cancel()
        await asyncio.wait(self.loops)

    async def submit(self, job: Job) -> None:
        """Put a job in line, where it can be for a worker that holds its references; the same id a second time changes nothing.

        Raises:
            QueueFull: too many jobs wait already.
            redis.RedisError: Redis stayed away through all retries; the job may or may not be queued.
        """
        job = self._traced(job)
        near = nearest(job, await self._registry.workers()) if job.references else []
        await self._queue.enqueue(
            job, self._most_waiting, near, answers_s=self._answers_s, has_lines=self._all_take_turns
        )

    def _traced(self, job: Job) -> Job:
        """The job with its picture's span; one that is submitted again goes on with the one it has, if that is not over."""
        place = job.response, job.slot
        if place in self._ended:
            return job
        # There is no convention for pictures: the nearest operation, and what kind of output it has.
        span = self._spans.get(place) or CURRENT.get().child(
            "picture",
            "producer",
            gen_ai__operation__name="generate_content",
            gen_ai__output__type="image",
            response=job.response,
            job=job.id,
            tenant=job.tenant,
        )
        if not span.traceparent:
            return job
        self._spans[place] = span
        return job.model_copy(update={"traceparent": span.traceparent})

    async def cancel(self, response_id: str) -> None:
        """Have all jobs of a response end: those that a worker has as `Cancelled`, those in line without a word."""
        await self._queue.cancel(response_id)

    @contextlib.contextmanager
    def route(self, response_id: str, replies_to: str | None = None) -> Iterator[asyncio.Queue[Reply]]:
        """The inbox of a response: all replies to its jobs, in order for each job.

        `replies_to` names the mailbox of an answer that began elsewhere; what it holds already comes, too.
        """
        name = replies_to or self.gateway_id
        inboxes = self._mailboxes[name].inboxes if name in self._mailboxes else {}
        if replies_to is not None:
            # A new one, for a read that is under way must not move it on.
            self._mailboxes[name] = _Mailbox(inboxes=inboxes)
        inbox = inboxes[response_id] = asyncio.Queue()
        try:
            yield inbox
        finally:
            del inboxes[response_id]
            if name != self.gateway_id and not inboxes:
                self._mailboxes.pop(name, None)
            for place in [place for place in self._spans if place[0] == response_id]:
                self._spans.pop(place).end(error="given up")
            self._ended = {place for place in self._ended if place[0] != response_id}

    async def workers(self) -> list[WorkerInfo]:
        """Who is alive in the pool."""
        return await self._registry.workers()

    async def limits(self) -> Limits:
        """What the pool's model can draw, as advertised a moment ago: every answer asks. `PERMISSIVE` where no worker was ever seen.

        A Redis that was emptied knows no worker until the next one beats: until then the limits are those that were seen last.
        """
        now = asyncio.get_running_loop().time()
        if now - self._limits_known_at > BELIEVED_S and (limits := await self._registry.limits()):
            self._limits, self._limits_known_at = limits, now
        return self._limits

    async def waiting(self) -> dict[str, int]:
        """Jobs that wait for a worker, by class; whatever their class, those that a leaving worker gave back and those `near` one worker."""
        return await self._queue.waiting()

    async def waiting_of_tenants(self) -> dict[str, int]:
        """How many of them are whose, as far as they wait in lines of their own."""
        return await self._queue.waiting_of_tenants()

    async def lines(self) -> dict[str, dict[JobClass, int]]:
        """Jobs that wait for any worker, by tenant and class."""
        return await self._line.of_tenants()

    async def drain(self, worker_id: str) -> bool:
        """Have a worker finish what it holds and leave, as SIGTERM would; False if none of this name is alive."""
        return await self._registry.drain(worker_id)

    async def _look_for_old_workers(self) -> None:
        """While a worker of a release that knows no lines is alive, have none, for ever: it would find nothing in them."""
        while True:
            try:
                self._all_take_turns = all(worker.takes_turns for worker in await self._registry.workers())
                if not self._all_take_turns:
                    await self._queue.flatten()
            except STORE_ERRORS:
                log.warning("can't see who is alive in the pool", exc_info=True)
            await asyncio.sleep(RECONNECT_S)

    async def _forget_replies(self) -> None:
        """Throw away what no answer can need any more, also one that another process goes on with, for ever."""
        while True:
            await asyncio.sleep(FORGET_EVERY_S)
            try:
                after = self._mailboxes[self.gateway_id].after
                await self._queue.forget_replies(self.gateway_id, after, self._answers_s)
            except STORE_ERRORS:
                log.warning("can't throw replies away", exc_info=True)

    async def _read(self) -> None:
        """Deliver replies for ever, going on from the last one read when Redis was away."""
        while True:
            boxes = dict(self._mailboxes)
            try:
                found = await self._queue.replies({name: mailbox.after for name, mailbox in boxes.items()})
            except STORE_ERRORS:
                log.warning("can't read replies, trying again", exc_info=True)
                await asyncio.sleep(RECONNECT_S)
                continue
            for name, (replies, last) in found.items():
                self._deliver(boxes[name], replies, last)

    def _deliver(self, mailbox: _Mailbox, replies: Iterable[Reply], last: str) -> None:
        mailbox.after = last
        for reply in replies:
            inbox = mailbox.inboxes.get(reply.response)
            if inbox is None:
                log.debug("nobody waits for this reply", extra={"response": reply.response, "job": reply.job})
                continue
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
            self._ended.add(place)
