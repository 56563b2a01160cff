"""The pool's job queue: every stream command of the system that concerns jobs and replies.

`Queue` is the side that submits and hears the replies, `Consumer` the side that draws. They know nothing of pictures and nothing of
engines. What makes a step atomic is in `scripts`, the names of keys in `keys`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError, ResponseError

from visualizer_service import scripts
from visualizer_service.errors import QueueFull
from visualizer_service.keys import STREAMS, JobStream, Keys
from visualizer_service.wire import REPLY, Job, JobEvent, Reply

GROUP = "workers"
TROUBLE = (RedisError, OSError)
"""What a command raises when Redis is away or misbehaves; a lost answer included."""

# Every reader that waits holds a connection; beyond redis-py's own 100 a command would fail at once.
_MOST_CONNECTIONS = 10_000
_BLOCK_S = 0.5
_ANSWER_S = 5.0
_MOST_REPLIES = 20_000
_REPLIES_TTL_MS = 3_600_000
_CANCEL_TTL_MS = 86_400_000
_SEEN_MARGIN_S = 600.0
_MOST_DEAD = 10_000
_DEAD_CONSUMER_MS = 86_400_000
_BATCH_EVERY = 8
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
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries=20),
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a job until its lease ends. `deliveries` tells it from any other claim on the same entry."""

    stream: str
    entry: str
    deliveries: int
    tries: int
    job: Job

    @property
    def id(self) -> str:
        """Names this claim among all of the pool."""
        return f"{self.stream.rsplit(':', 1)[-1]}:{self.entry}:{self.deliveries}"

    @property
    def attempt(self) -> int:
        """Counts from 1; tries that were given back uncounted left no trace."""
        return self.tries + self.deliveries


class Queue:
    """The submitting side of one pool."""

    def __init__(self, redis: Redis, pool: str) -> None:
        self._redis = redis
        self._keys = Keys(pool)
        self._enqueue = redis.register_script(scripts.ENQUEUE)
        self._backlog = redis.register_script(scripts.BACKLOG)

    async def enqueue(self, job: Job, now: float, most_waiting: int | None) -> None:
        """Put a job in line; the same id a second time changes nothing.

        Raises:
            QueueFull: `most_waiting` jobs wait already.
        """
        keys = [self._keys.jobs(job.job_class), self._keys.seen(job.id), *self._keys.streams]
        seen_ttl_ms = round((max(job.deadline - now, 0) + _SEEN_MARGIN_S) * 1000)
        limit = -1 if most_waiting is None else most_waiting
        if await self._enqueue(keys, [GROUP, job.model_dump_json(), seen_ttl_ms, limit]) == b"full":
            raise QueueFull(limit)

    async def backlog(self) -> int:
        """Jobs that wait for a worker; those being drawn are not counted."""
        return await self._backlog(self._keys.streams, [GROUP])

    async def waiting(self) -> dict[JobStream, int]:
        """The same for each stream of jobs, counted one after the other."""
        return {stream: await self._backlog([self._keys.jobs(stream)], [GROUP]) for stream in STREAMS}

    async def cancel(self, response_id: str) -> None:
        """Mark a response: its queued jobs are skipped when their turn comes, its running ones end at their next step."""
        await self._redis.set(self._keys.cancel(response_id), 1, px=_CANCEL_TTL_MS)

    async def replies(self, gateway_id: str, after: str) -> tuple[list[Reply], str]:
        """Wait a moment for replies that follow the stream id `after`; answer them and the id to go on from."""
        async with asyncio.timeout(_BLOCK_S + _ANSWER_S):
            read: Any = await self._redis.xread(
                {self._keys.replies(gateway_id): after}, count=256, block=round(_BLOCK_S * 1000)
            )
        entries = read[0][1] if read else []
        last = entries[-1][0].decode() if entries else after
        return [reply for _, fields in entries if (reply := _read_reply(fields[b"reply"]))], last


class Consumer:
    """The drawing side of one pool: one worker process.

    `name` must be new with each process: whatever is pending under it and not known to this object is a delivery that got lost on the
    way, not an attempt.
    """

    def __init__(self, redis: Redis, pool: str, name: str, lease_s: float) -> None:
        self.name = name
        self._redis = redis
        self._keys = Keys(pool)
        self._lease_ms = round(lease_s * 1000)
        self._taken_since_batch = 0
        self._reports = 0
        self._claim = redis.register_script(scripts.CLAIM)
        self._recover = redis.register_script(scripts.RECOVER)
        self._report = redis.register_script(scripts.REPORT)
        self._settle = redis.register_script(scripts.SETTLE)
        self._give_back = redis.register_script(scripts.GIVE_BACK)
        self._forget = redis.register_script(scripts.FORGET)

    async def open(self) -> None:
        """Make sure the group exists, from the first entry on, and forget consumers long gone."""
        for stream in self._keys.streams:
            try:
                await self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
        await self._forget(self._keys.streams, [GROUP, "", _DEAD_CONSUMER_MS])

    async def close(self) -> None:
        """Take this consumer off the group's list, unless it still holds something."""
        await self._forget(self._keys.streams, [GROUP, self.name, _DEAD_CONSUMER_MS])

    async def claim(self, most: int, wait: bool) -> list[Claim]:
        """Take at most `most` waiting jobs, given-back ones first, interactive before batch.

        One job in eight is a batch job when both kinds wait. With `wait`, and nothing there, wait a moment; then one job of each kind
        may come, whatever `most` says.
        """
        keys, caps = self._reading_order(most)
        found = await self._grouped(self._claim(keys, [GROUP, self.name, most, *caps]))
        if not found and wait:
            found = await self._wait()
        claims = await self._claims(found)
        for claim in claims:
            is_batch = claim.stream == self._keys.jobs("batch")
            self._taken_since_batch = 0 if is_batch else self._taken_since_batch + 1
        return claims

    async def recover(self, most: int, known: Iterable[Claim]) -> list[Claim]:
        """Take jobs whose lease has run out, and those delivered to this consumer that never reached it (not in `known`)."""
        names = [part for claim in known for part in (claim.stream, claim.entry)]
        found = await self._grouped(
            self._recover(self._keys.streams, [GROUP, self.name, self._lease_ms, most, *names])
        )
        return await self._claims(found)

    async def cancelled(self, claim: Claim) -> bool:
        """Whether the response was cancelled while the job waited."""
        return bool(await self._redis.exists(self._keys.cancel(claim.job.response)))

    async def report(self, news: Sequence[tuple[Claim, Sequence[JobEvent]]], renew: bool) -> list[str]:
        """Publish events that are not a job's last, and learn of each claim whether it is `held`, `lost` or `cancelled`.

        A lost claim's events are not written. `renew` starts the lease of each held claim anew.
        """
        self._reports += 1
        keys = [self._keys.report(self.name)]
        args: list[str | int] = [GROUP, self.name, self._reports, int(renew), _MOST_REPLIES, _REPLIES_TTL_MS]
        for claim, events in news:
            job = claim.job
            keys += [claim.stream, self._keys.replies(job.reply_to), self._keys.cancel(job.response)]
            args += [claim.entry, claim.deliveries, len(events)]
            args += [_reply(claim, event) for event in events]
        return [state.decode() for state in await self._report(keys, args)]

    async def settle(self, claim: Claim, events: Sequence[JobEvent], burial: str = "") -> bool:
        """End a job, once and for all: `events` are those not reported yet, its last one included.

        `burial` says why the job goes to the dead letters too. Answers whether the claim was still held; if not, nothing was written
        and its new owner will end it.
        """
        keys = [claim.stream, self._keys.replies(claim.job.reply_to), self._keys.dead]
        payloads = [_reply(claim, event) for event in events]
        ending = self._ending(claim.entry, claim.deliveries, burial, claim.attempt)
        return bool(await self._settle(keys, [*ending, *payloads]))

    async def give_back(self, claim: Claim, counted: bool) -> bool:
        """Hand a job to the next worker that has room; `counted` if the attempt may have been what went wrong."""
        tries = claim.attempt if counted else claim.attempt - 1
        keys = [claim.stream, self._keys.jobs("returned")]
        return bool(await self._give_back(keys, [GROUP, self.name, claim.entry, claim.deliveries, tries]))

    def _reading_order(self, most: int) -> tuple[list[str], list[int]]:
        order: list[tuple[JobStream, int]] = [(stream, most) for stream in STREAMS]
        if self._taken_since_batch >= _BATCH_EVERY:
            order.insert(1, ("batch", 1))
        return [self._keys.jobs(stream) for stream, _ in order], [cap for _, cap in order]

    async def _wait(self) -> list[Any]:
        async def read() -> Any:
            async with asyncio.timeout(_BLOCK_S + _ANSWER_S):
                return await self._redis.xreadgroup(
                    GROUP,
                    self.name,
                    dict.fromkeys(self._keys.streams, ">"),
                    count=1,
                    block=round(_BLOCK_S * 1000),
                )

        return [
            [stream, entry, 1, int(fields[b"tries"]), fields[b"job"]]
            for stream, entries in await self._grouped(read())
            for entry, fields in entries
        ]

    async def _grouped(self, command: Any) -> list[Any]:
        """Answer nothing where the group is gone, because Redis lost its data, and make it anew."""
        try:
            return await command or []
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
        log.warning("the consumer group is gone, making it anew")
        await self.open()
        return []

    async def _claims(self, found: list[Any]) -> list[Claim]:
        claims = []
        for stream, entry, deliveries, tries, text in found:
            try:
                job = Job.model_validate_json(text)
            except ValidationError:
                log.exception("a queued job can't be read", extra={"entry": entry.decode()})
                keys = [stream, self._keys.dead, self._keys.dead]
                await self._settle(keys, self._ending(entry, deliveries, "unreadable", tries + deliveries))
            else:
                claims.append(Claim(stream.decode(), entry.decode(), deliveries, tries, job))
        return claims

    def _ending(self, entry: str, deliveries: int, burial: str, attempts: int) -> list[str | int]:
        limits = [_MOST_REPLIES, _REPLIES_TTL_MS]
        return [GROUP, self.name, entry, deliveries, *limits, burial, attempts, _MOST_DEAD]


def _reply(claim: Claim, event: JobEvent) -> str:
    job = claim.job
    return Reply(
        job=job.id, response=job.response, slot=job.slot, attempt=claim.attempt, event=event
    ).model_dump_json()


def _read_reply(text: bytes) -> Reply | None:
    try:
        return REPLY.validate_json(text)
    except ValidationError:
        log.exception("a reply can't be read")
        return None
