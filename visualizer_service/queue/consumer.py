"""The drawing side of a pool's job queue: claim jobs, report on them, end them, give them back.

It knows nothing of pictures and nothing of engines. What makes a step atomic is in `scripts`, the names of keys in `keys`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from visualizer_service.queue import scripts
from visualizer_service.queue.clock import StoreClock
from visualizer_service.queue.connection import BLOCK_S
from visualizer_service.queue.keys import CLASSES, GROUP, Keys
from visualizer_service.wire import Address, Failed, Job, JobEvent, Reply

NEAR_WAIT_S = 0.3
"""How long a job waits for the worker that holds its references before any other may have it: what a reference costs to encode."""

_MOST_REPLIES = 20_000
_REPLIES_TTL_MS = 3_600_000
_MOST_DEAD = 10_000
_DEAD_CONSUMER_MS = 86_400_000
# A dead worker's own stream costs every look of all others time, so it goes soon.
_GONE_AFTER_LEASES, _LEAST_GONE_MS = 4, 60_000
_BATCH_EVERY = 8
_SET_CLOCK_EVERY_S = 30.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a job until its lease ends. `deliveries` tells it from any other claim on the same entry.

    The deadline of its `job` is by this machine's clock.
    """

    stream: str
    entry: str
    deliveries: int
    earlier_attempts: int
    job: Job

    @property
    def id(self) -> str:
        """Names this claim among all of the pool."""
        return f"{self.stream.rsplit(':', 1)[-1]}:{self.entry}:{self.deliveries}"

    @property
    def attempt(self) -> int:
        """Counts from 1; attempts that were given back uncounted left no trace."""
        return self.earlier_attempts + self.deliveries


class Consumer:
    """The drawing side of one pool: one worker process.

    `name` must be new with each process: whatever is pending under it and not known to this object is a delivery that got lost on the
    way, not an attempt.
    """

    def __init__(
        self, redis: Redis, pool: str, name: str, lease_s: float, near_wait_s: float = NEAR_WAIT_S
    ) -> None:
        self.name = name
        self._redis = redis
        self._keys = Keys(pool)
        self._streams = [*self._keys.streams, self._keys.near(name)]
        self._lease_ms = round(lease_s * 1000)
        self._near_wait_s = near_wait_s
        self._clock = StoreClock(redis)
        self._clock_set_at = float("-inf")
        self._taken_since_batch = 0
        self._reports = 0
        self._claim = redis.register_script(scripts.CLAIM)
        self._recover = redis.register_script(scripts.RECOVER)
        self._share = redis.register_script(scripts.SHARE)
        self._report = redis.register_script(scripts.REPORT)
        self._settle = redis.register_script(scripts.SETTLE)
        self._give_back = redis.register_script(scripts.GIVE_BACK)
        self._forget = redis.register_script(scripts.FORGET)

    async def open(self) -> None:
        """Make sure the group exists, from the first entry on, and forget consumers long gone."""
        for stream in self._streams:
            try:
                await self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
        # From now on it can be seen how long the worker has not come, also if it never does.
        await self._redis.xgroup_createconsumer(self._keys.near(self.name), GROUP, self.name)
        await cast("Awaitable[int]", self._redis.sadd(self._keys.nears, self.name))
        await self._forget(self._keys.streams, [GROUP, "", _DEAD_CONSUMER_MS])

    async def close(self) -> None:
        """Take this consumer off the group's list, unless it still holds something; what waits for it goes to all."""
        await self._shared(0, self.name)
        await self._forget(self._keys.streams, [GROUP, self.name, _DEAD_CONSUMER_MS])

    async def claim(self, most: int, wait: bool) -> list[Claim]:
        """Take at most `most` waiting jobs: given-back ones first, then those meant for this worker, interactive before batch.

        Tenants take turns; of one tenant, one job in eight is a batch job when both kinds wait. With `wait`, and nothing there, wait a moment; then one job of each kind
        may come, whatever `most` says.
        """
        streams, caps = self._reading_order(most)
        classes = CLASSES if self._taken_since_batch < _BATCH_EVERY else CLASSES[::-1]
        keys = [*self._keys.lines, *map(self._keys.jobs, classes), *streams]
        arguments = [GROUP, self.name, most, len(classes), *classes, *caps]
        found = await self._grouped(self._claim(keys, arguments))
        if not found and wait:
            found = await self._wait()
        claims = await self._claims(found)
        for claim in claims:
            is_batch = claim.stream == self._keys.jobs("batch")
            self._taken_since_batch = 0 if is_batch else self._taken_since_batch + 1
        return claims

    async def recover(self, most: int, known: Iterable[Claim]) -> list[Claim]:
        """Take jobs whose lease has run out, and those delivered to this consumer that never reached it (not in `known`).

        No lease has while Redis takes no writes, nor before it has taken them for half a lease: it could not be renewed.
        """
        if time.monotonic() - self._clock_set_at > _SET_CLOCK_EVERY_S:
            await self._clock.set()
            self._clock_set_at = time.monotonic()
        near = await self._shared(self._near_wait_s)
        names = [part for claim in known for part in (claim.stream, claim.entry)]
        keys = [self._keys.writable, *self._keys.streams, *near]
        found = await self._grouped(self._recover(keys, [GROUP, self.name, self._lease_ms, most, *names]))
        return await self._claims(found)

    async def cancelled(self, claim: Claim) -> bool:
        """Whether the response was cancelled while the job waited."""
        return bool(await self._redis.exists(self._keys.cancel(claim.job.response)))

    async def report(self, updates: Sequence[tuple[Claim, Sequence[JobEvent]]], renew: bool) -> list[str]:
        """Publish events that are not a job's last, and learn of each claim whether it is `held`, `lost` or `cancelled`.

        A lost claim's events are not written. `renew` starts the lease of each held claim anew.
        """
        self._reports += 1
        keys = [self._keys.report(self.name), self._keys.writable]
        args: list[str | int] = [GROUP, self.name, self._reports, int(renew), _MOST_REPLIES, _REPLIES_TTL_MS]
        args.append(self._lease_ms)
        for claim, events in updates:
            job = claim.job
            keys += [claim.stream, self._keys.replies(job.reply_to), self._keys.cancel(job.response)]
            args += [claim.entry, claim.deliveries, len(events)]
            args += [_reply(claim, event) for event in events]
        return [state.decode() for state in await self._report(keys, args)]

    async def settle(self, claim: Claim, events: Sequence[JobEvent], dead_reason: str = "") -> bool:
        """End a job, once and for all: `events` are those not reported yet, its last one included.

        With a `dead_reason` the job goes to the dead letters too. Answers whether the claim was still held; if not, nothing was written
        and its new owner will end it.
        """
        keys = [claim.stream, self._keys.replies(claim.job.reply_to), self._keys.dead]
        payloads = [_reply(claim, event) for event in events]
        ending = self._ending(claim.entry, claim.deliveries, dead_reason, claim.attempt)
        return bool(await self._settle(keys, [*ending, *payloads]))

    async def give_back(self, claim: Claim, counted: bool) -> bool:
        """Hand a job to the next worker that has room; `counted` if the attempt may have been what went wrong."""
        attempts = claim.attempt if counted else claim.attempt - 1
        keys = [claim.stream, self._keys.jobs("returned")]
        return bool(await self._give_back(keys, [GROUP, self.name, claim.entry, claim.deliveries, attempts]))

    async def _shared(self, waited_s: float, leaving: str = "") -> list[str]:
        """Let everybody have what waited that long for one worker alone; answers the streams of single workers."""
        members = await cast("Awaitable[set[bytes]]", self._redis.smembers(self._keys.nears))
        names = [name.decode() for name in members]
        keys = [self._keys.nears, self._keys.jobs("returned")]
        keys += [key for name in names for key in (self._keys.near(name), self._keys.worker(name))]
        gone_ms = max(_GONE_AFTER_LEASES * self._lease_ms, _LEAST_GONE_MS)
        limits = [round(waited_s * 1000), leaving, gone_ms]
        return [stream.decode() for stream in await self._share(keys, [GROUP, *limits, *names])]

    def _reading_order(self, most: int) -> tuple[list[str], list[int]]:
        keys, caps = (
            [*self._streams[:1], *self._streams[-1:], *self._streams[1:-1]],
            [most] * len(self._streams),
        )
        if self._taken_since_batch >= _BATCH_EVERY:
            keys.insert(1, self._keys.jobs("batch"))
            caps.insert(1, 1)
        return keys, caps

    async def _wait(self) -> list[Any]:
        streams: dict[Any, Any] = dict.fromkeys(self._streams, ">")
        reading = self._redis.xreadgroup(GROUP, self.name, streams, count=1, block=round(BLOCK_S * 1000))
        return [
            [stream, entry, 1, int(fields[b"tries"]), fields[b"job"]]
            for stream, entries in await self._grouped(reading)
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
        for stream, entry, deliveries, earlier, text in found:
            try:
                job = Job.model_validate_json(text)
            except ValidationError:
                log.exception("a queued job can't be read", extra={"entry": entry.decode()})
                await self._refuse(stream, entry, deliveries, earlier + deliveries, text)
            else:
                job = job.model_copy(update={"deadline": job.deadline - self._clock.ahead_s})
                claims.append(Claim(stream.decode(), entry.decode(), deliveries, earlier, job))
        return claims

    async def _refuse(self, stream: Any, entry: bytes, deliveries: int, attempts: int, text: bytes) -> None:
        """Bury a job that this release cannot read, and tell whoever waits for it, as far as that can be read."""
        ending = self._ending(entry.decode(), deliveries, "unreadable", attempts)
        try:
            to = Address.model_validate_json(text)
        except ValidationError:
            await self._settle([stream, self._keys.dead, self._keys.dead], ending)
            return
        failed = Failed(code="unsupported")
        reply = Reply(job=to.id, response=to.response, slot=to.slot, attempt=attempts, event=failed)
        keys = [stream, self._keys.replies(to.reply_to), self._keys.dead]
        await self._settle(keys, [*ending, reply.model_dump_json()])

    def _ending(self, entry: str, deliveries: int, dead_reason: str, attempts: int) -> list[str | int]:
        limits = [_MOST_REPLIES, _REPLIES_TTL_MS]
        return [GROUP, self.name, entry, deliveries, *limits, dead_reason, attempts, _MOST_DEAD]


def _reply(claim: Claim, event: JobEvent) -> str:
    job = claim.job
    return Reply(
        job=job.id, response=job.response, slot=job.slot, attempt=claim.attempt, event=event
    ).model_dump_json()
