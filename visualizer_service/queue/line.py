"""How a pool's line stands: how many jobs wait in each of its streams, and since when the oldest does. It only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from redis.asyncio import Redis

from visualizer_service.queue.keys import CLASSES, GROUP, STREAMS, Keys
from visualizer_service.wire import Job, JobClass

# A job that nobody has claimed comes after the last one that the group was given. Streams without a group have never been read.
STANDING = """
-- KEYS: job streams. ARGV: group. Answers how many jobs wait in all of them, and for how many ms the oldest, -1 if none does.
local time = redis.call('TIME')
local now, count, oldest = time[1] * 1000 + math.floor(time[2] / 1000), 0, -1
for _, stream in ipairs(KEYS) do
  local last = '-'
  for _, group in ipairs(redis.call('EXISTS', stream) == 1 and redis.call('XINFO', 'GROUPS', stream) or {}) do
    if group[2] == ARGV[1] then last = '(' .. group[8] end
  end
  local pending = redis.pcall('XPENDING', stream, ARGV[1])
  count = count + redis.call('XLEN', stream) - (tonumber(pending[1]) or 0)
  local first = redis.call('XRANGE', stream, last, '+', 'COUNT', 1)[1]
  if first then oldest = math.max(oldest, now - tonumber(string.match(first[1], '^%d+'))) end
end
return {count, oldest}
"""
OLDEST_IN_LINES = """
-- KEYS: lines. Answers how many jobs wait in them, and for how many ms the oldest, -1 if none does.
local time = redis.call('TIME')
local now, count, oldest = time[1] * 1000 + math.floor(time[2] / 1000), 0, -1
for _, line in ipairs(KEYS) do
  local first = redis.call('XRANGE', line, '-', '+', 'COUNT', 1)[1]
  count = count + redis.call('XLEN', line)
  if first then oldest = math.max(oldest, now - tonumber(string.match(first[1], '^%d+'))) end
end
return {count, oldest}
"""
UNCLAIMED = """
-- KEYS: job stream. ARGV: group, most. Answers the jobs that nobody has claimed.
local last, jobs = '-', {}
for _, group in ipairs(redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XINFO', 'GROUPS', KEYS[1]) or {}) do
  if group[2] == ARGV[1] then last = '(' .. group[8] end
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], last, '+', 'COUNT', ARGV[2])) do jobs[#jobs + 1] = entry[2][2] end
return jobs
"""
UNKNOWN_TENANT: Final = "(unknown)"
"""Whose the jobs are that this release cannot read."""

# Where tenants take turns, a class's stream holds one at a time.
_MOST_UNCLAIMED = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """Jobs that wait; `oldest_s` is 0 if none does."""

    waiting: int
    oldest_s: float


class Line:
    """The line of one pool."""

    def __init__(self, redis: Redis, pool: str) -> None:
        self._redis = redis
        self._keys = Keys(pool)
        self._standing = redis.register_script(STANDING)
        self._lines = redis.register_script(OLDEST_IN_LINES)
        self._unclaimed = redis.register_script(UNCLAIMED)

    async def standings(self) -> Mapping[str, Standing]:
        """By stream: the two classes, `returned` by workers that left, and `near`, kept for single workers for a moment."""
        members: Any = await self._redis.smembers(self._keys.nears)
        streams = {stream: [self._keys.jobs(stream)] for stream in STREAMS}
        streams["near"] = [self._keys.near(name.decode()) for name in members]
        found = {name: await self._read(keys) for name, keys in streams.items()}
        tenants: Any = await self._redis.zrange(self._keys.turns, 0, -1)
        for job_class in CLASSES:
            lines = [self._keys.line(tenant.decode(), job_class) for tenant in tenants]
            waiting, oldest_ms = await self._lines(lines, [])
            there = found[job_class]
            oldest_s = max(there.oldest_s, oldest_ms / 1000)
            found[job_class] = Standing(there.waiting + waiting, oldest_s)
        return found

    async def of_tenants(self) -> dict[str, dict[JobClass, int]]:
        """Jobs that wait for any worker, by tenant and class; of a pool whose workers know no lines, the oldest hundred of each class."""
        found: dict[str, dict[JobClass, int]] = defaultdict(lambda: dict.fromkeys(CLASSES, 0))
        tenants: Any = await self._redis.zrange(self._keys.turns, 0, -1)
        for job_class in CLASSES:
            stream = self._keys.jobs(job_class)
            for text in await self._unclaimed([stream], [GROUP, _MOST_UNCLAIMED]):
                found[_tenant(text)][job_class] += 1
            for tenant in (name.decode() for name in tenants):
                found[tenant][job_class] += await self._redis.xlen(self._keys.line(tenant, job_class))
        return dict(found)

    async def _read(self, keys: list[str]) -> Standing:
        waiting, oldest_ms = await self._standing(keys, [GROUP])
        return Standing(waiting, max(oldest_ms, 0) / 1000)


def _tenant(text: bytes) -> str:
    try:
        return Job.model_validate_json(text).tenant
    except ValidationError:
        return UNKNOWN_TENANT
