"""A pool of visualizers in virtual time: jobs and replies stand in the model Redis, and one worker draws."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator

from gateway.answer.errors import STORE_ERRORS
from tests.fakes import LIMITS, done
from tests.faults.model_redis import Client
from tests.faults.model_server import Server
from visualizer_service.wire import Job, Limits, Reply, Started


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


class Worker:
    """Draws what is queued; `drawn` counts by job how often."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.drawn: Counter[str] = Counter()
        self._replied = 0

    async def run(self) -> None:
        """Draw one picture after the other, for ever."""
        while True:
            await asyncio.sleep(0.3)
            data = self._server.data
            if self._server.away or not data.jobs:
                continue
            job = data.jobs.pop(min(data.jobs))
            self.drawn[job.id] += 1
            for event in (Started(worker="w1", at=0), done(job)):
                reply = Reply(job=job.id, response=job.response, slot=job.slot, attempt=1, event=event)
                # As a stream's ids follow the clock, what comes after a loss is later than what was read before it.
                self._replied += 1
                data.replies.setdefault(job.reply_to, []).append((self._replied, reply))
            self._server.changed(job.reply_to)
