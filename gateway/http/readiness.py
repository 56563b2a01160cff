"""Whether this gateway can take requests, and if not, which part of it is missing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gateway.answer.errors import STORE_ERRORS
from gateway.http.container import Container

# A part that does not answer a probe in this time is not ready.
PROBE_S = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found. Pictures wait for a visualizer, so none is needed.

    `redis` takes writes; `loops` is False in a process that has met a defect and is about to end.
    """

    redis: bool
    planner: bool
    loops: bool
    leaving: bool

    @property
    def ready(self) -> bool:
        """Whether requests can be taken."""
        return self.redis and self.planner and self.loops and not self.leaving


async def readiness(container: Container) -> Readiness:
    """Probe Redis and the planners, all at once; one that can plan is enough, for the models of the others are refused by themselves."""
    redis, planner = await asyncio.gather(_redis_answers(container), _planner_answers(container))
    return Readiness(redis, planner, not container.loops.broken.is_set(), container.leaving)


async def _redis_answers(container: Container) -> bool:
    if not container.leases.is_writable:
        return False
    try:
        async with asyncio.timeout(PROBE_S):
            await container.redis.ping()
    except STORE_ERRORS:
        return False
    return True


async def _planner_answers(container: Container) -> bool:
    try:
        async with asyncio.timeout(PROBE_S):
            return any(await asyncio.gather(*(planner.ready() for planner in container.backends.planners)))
    except TimeoutError:
        return False
