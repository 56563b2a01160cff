"""The submitting side of a pool's job queue: put jobs in line, cancel them, hear what becomes of them.

With `consumer`, it holds every stream command that concerns jobs and replies. It knows nothing of pictures and nothing of engines.
What makes a step atomic is in `scripts`, the names of keys in `keys`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError
from redis.asyncio import Redis

from visualizer_service.errors import QueueFull
from visualizer_service.queue import scripts
from visualizer_service.queue.connection import BLOCK_S
from visualizer_service.queue.fair_scripts import CANCEL, FLATTEN
from visualizer_service.queue.keys import CLASSES, GROUP, STREAMS, Keys
from visualizer_service.wire import Job, Reply, WorkerInfo

_CANCEL_TTL_MS = 86_400_000
_MOST_REPLIES = 256
_MOST_FLATTENED = 1000
# One or two milliseconds of Redis' time.
_MOST_LOOKED_AT = 1000
ANSWERS_S = 960.0
"""Longer than an answer may take, with usual settings."""
USUAL_STEPS = 4
"""Of a job that leaves them to the model; all jobs of a pool that do are of the same model."""

log = logging.getLogger(__name__)


class Queue:
    """The submitting side of one pool."""

    def __init__(self, redis: Redis, pool: str) -> None:
        self._redis = redis
        self._keys = Keys(pool)
        self._enqueue = redis.register_script(scripts.ENQUEUE)
        self._count_waiting = redis.register_script(scripts.BACKLOG)
        self._cancel = redis.register_script(CANCEL)
        self._flatten = redis.register_script(FLATTEN)

    async def enqueue(
        self,
        job: Job,
        most_waiting: int | None,
        near: Sequence[WorkerInfo] = (),
        *,
        answers_s: float = ANSWERS_S,
        has_lines: bool = True,
    ) -> None:
        """Put a job in line; the same id a second time, within `answers_s` seconds, changes nothing.

        Tenants take turns by what their jobs cost; without lines, for the sake of workers that know none, it is first come, first served.

        The first of `near` that is alive and has room among the jobs sent to it alone gets the job; if none does, the pool.

        Raises:
            QueueFull: `most_waiting` jobs wait already, and all that were looked at are still wanted.
        """
        keys = [self._keys.jobs(job.job_class), self._keys.seen(job.id), *self._keys.lines]
        keys += [key for worker in near for key in (self._keys.near(worker.id), self._keys.worker(worker.id))]
        keys += self._keys.streams
        seen_ttl_ms = round(1000 * answers_s)
        limit = -1 if most_waiting is None else most_waiting
        rooms = [worker.slots - worker.active for worker in near]
        turn = [job.tenant, job.job_class, cost(job) / job.share, int(not has_lines)]
        unwanted = [job.response, job.deadline, _MOST_LOOKED_AT]
        arguments = [GROUP, job.model_dump_json(), seen_ttl_ms, limit, *turn, *unwanted, *rooms]
        if await self._enqueue(keys, arguments) == b"full":
            raise QueueFull(limit)

    async def flatten(self) -> int:
        """Put what waits in lines where workers that know none find it; answers how many jobs."""
        keys = [*self._keys.lines, *map(self._keys.jobs, CLASSES)]
        return await self._flatten(keys, [_MOST_FLATTENED, *CLASSES])

    async def waiting(self) -> dict[str, int]:
        """Jobs that wait for a worker, by stream, counted one after the other; those that wait for one worker alone are `near`."""
        members: Any = await self._redis.smembers(self._keys.nears)
        near = [self._keys.near(name.decode()) for name in members]
        waiting: dict[str, int] = {"near": await self._count_waiting(near, [GROUP])}
        for stream in STREAMS:
            waiting[stream] = await self._count_waiting([self._keys.jobs(stream)], [GROUP])
        lined = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(self._keys.of_classes))
        for job_class, count in lined.items():
            waiting[job_class.decode()] += int(count)
        return waiting

    async def waiting_of_tenants(self) -> dict[str, int]:
        """Jobs that wait in lines of their tenants' own."""
        found = await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(self._keys.of_tenants))
        return {tenant.decode(): int(count) for tenant, count in found.items()}

    async def cancel(self, response_id: str) -> None:
        """Mark a response: its running jobs end at their next step; of its queued ones those in lines are gone, others skipped when claimed."""
        keys = [*self._keys.lines, self._keys.cancel(response_id)]
        await self._cancel(keys, [_CANCEL_TTL_MS, _MOST_LOOKED_AT])

    async def replies(self, after: Mapping[str, str]) -> dict[str, tuple[list[Reply], str]]:
        """Wait a moment for replies in these mailboxes, each after a stream id; answer those found, and the id to go on from."""
        names = {self._keys.replies(name).encode(): name for name in after}
        streams: Any = {self._keys.replies(name): id for name, id in after.items()}
        read: Any = await self._redis.xread(streams, count=_MOST_REPLIES, block=round(BLOCK_S * 1000))
        return {
            names[stream]: (
                [reply for _, fields in entries if (reply := _read_reply(fields.get(b"reply", b"")))],
                entries[-1][0].decode(),
            )
            for stream, entries in read or []
        }

    async def forget_replies(self, name: str, after: str, older_than_s: float) -> None:
        """Throw away the replies in a mailbox that came so long before the one with the stream id `after`; a few of them may stay."""
        came_ms = int(after.partition("-")[0])
        oldest_ms = max(0, came_ms - round(1000 * older_than_s))
        await self._redis.xtrim(self._keys.replies(name), minid=oldest_ms, approximate=True)


def cost(job: Job) -> float:
    """What a job takes of a worker, as far as that can be compared between jobs: its pixels in millions, for each step."""
    return job.width_px * job.height_px / 1e6 * (job.steps or USUAL_STEPS)


def _read_reply(text: bytes) -> Reply | None:
    try:
        return Reply.model_validate_json(text)
    except ValidationError:
        log.exception("a reply can't be read")
        return None
