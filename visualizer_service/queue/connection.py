"""The submitting side of a pool's job queue: put jobs in line, cancel them, hear what becomes of them.

With `consumer`, it holds every stream command that concerns jobs and replies. It knows nothing of pictures and nothing of engines.
What makes a step atomic is in `scripts`, the names of keys in `keys`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from visualizer_service.errors import QueueFull
from visualizer_service.queue import scripts
from visualizer_service.queue.keys import STREAMS, Keys
from visualizer_service.wire import Job, Reply, WorkerInfo

GROUP = "workers"
STORE_ERRORS = (RedisError, OSError)
"""What a command raises when Redis is away or misbehaves; a lost answer included."""
BLOCK_S = 0.5
"""How long a read waits at Redis for something to come."""
ANSWER_S = 5.0
"""How long Redis may take to answer after that."""
RECONNECT_S = 0.5
"""How long to wait before asking again a Redis that was away."""

# Every reader that waits holds a connection; beyond redis-py's own 100 a command would fail at once.
_MOST_CONNECTIONS = 10_000
_CANCEL_TTL_MS = 86_400_000
_SEEN_MARGIN_S = 600.0
_TCP_WANTED = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 15_000}
_TCP_LIMITS = {getattr(socket, name): value for name, value in _TCP_WANTED.items() if hasattr(socket, name)}

log = logging.getLogger(__name__)


def connect(url: str) -> Redis:
    """A client that outlasts a restart of Redis: about ten seconds of retries, then the command fails.

    Sockets have no timeout of their own, for a blocking read that runs into it is retried in silence for a minute; each blocking read
    here has a deadline instead, and TCP gives a peer up that does not answer.
    """
    return Redis.from_url(
        url,
        socket_timeout=None,
        socket_keepalive=True,
        socket_keepalive_options=_TCP_LIMITS,
        health_check_interval=15,
        max_connections=_MOST_CONNECTIONS,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries=20),
    )


class Queue:
    """The submitting side of one pool."""

    def __init__(self, redis: Redis, pool: str) -> None:
        self._redis = redis
        self._keys = Keys(pool)
        self._enqueue = redis.register_script(scripts.ENQUEUE)
        self._count_waiting = redis.register_script(scripts.BACKLOG)

    async def enqueue(
        self, job: Job, now: float, most_waiting: int | None, near: Sequence[WorkerInfo] = ()
    ) -> None:
        """Put a job in line; the same id a second time changes nothing.

        The first of `near` that is alive and has room among the jobs sent to it alone gets the job; if none does, the pool.

        Raises:
            QueueFull: `most_waiting` jobs wait already.
        """
        keys = [self._keys.jobs(job.job_class), self._keys.seen(job.id)]
        keys += [key for worker in near for key in (self._keys.near(worker.id), self._keys.worker(worker.id))]
        keys += self._keys.streams
        seen_ttl_ms = round((max(job.deadline - now, 0) + _SEEN_MARGIN_S) * 1000)
        limit = -1 if most_waiting is None else most_waiting
        rooms = [worker.slots - worker.active for worker in near]
        if await self._enqueue(keys, [GROUP, job.model_dump_json(), seen_ttl_ms, limit, *rooms]) == b"full":
            raise QueueFull(limit)

    async def waiting(self) -> dict[str, int]:
        """Jobs that wait for a worker, by stream, counted one after the other; those that wait for one worker alone are `near`."""
        members: Any = await self._redis.smembers(self._keys.nears)
        near = [self._keys.near(name.decode()) for name in members]
        waiting: dict[str, int] = {"near": await self._count_waiting(near, [GROUP])}
        for stream in STREAMS:
            waiting[stream] = await self._count_waiting([self._keys.jobs(stream)], [GROUP])
        return waiting

    async def cancel(self, response_id: str) -> None:
        """Mark a response: its queued jobs are skipped when claimed, its running ones end at their next step."""
        await self._redis.set(self._keys.cancel(response_id), 1, px=_CANCEL_TTL_MS)

    async def replies(self, gateway_id: str, after: str) -> tuple[list[Reply], str]:
        """Wait a moment for replies that follow the stream id `after`; answer them and the id to go on from."""
        async with asyncio.timeout(BLOCK_S + ANSWER_S):
            read: Any = await self._redis.xread(
                {self._keys.replies(gateway_id): after}, count=256, block=round(BLOCK_S * 1000)
            )
        entries = read[0][1] if read else []
        last = entries[-1][0].decode() if entries else after
        return [reply for _, fields in entries if (reply := _read_reply(fields[b"reply"]))], last


def _read_reply(text: bytes) -> Reply | None:
    try:
        return Reply.model_validate_json(text)
    except ValidationError:
        log.exception("a reply can't be read")
        return None
