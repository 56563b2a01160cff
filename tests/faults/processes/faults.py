"""What can happen to a system, by name. Each fault is over, and everything runs again, when its coroutine is done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.faults.processes.program import Program
from tests.faults.processes.system import System

Fault = Callable[[System, random.Random], Awaitable[None]]
_BACK_AFTER_S = 2.0


def _killed(which: Callable[[System], list[Program]], *, all_of_them: bool = False) -> Fault:
    async def fault(system: System, chance: random.Random) -> None:
        victims = which(system) if all_of_them else [chance.choice(which(system))]
        for victim in victims:
            await victim.kill()
        await asyncio.sleep(_BACK_AFTER_S)
        for victim in victims:
            await victim.start()

    return fault


def _stopped(which: Callable[[System], list[Program]]) -> Fault:
    async def fault(system: System, chance: random.Random) -> None:
        await chance.choice(which(system)).stop_for(chance.uniform(5, 20))

    return fault


def _told_to_leave(which: Callable[[System], list[Program]]) -> Fault:
    async def fault(system: System, chance: random.Random) -> None:
        victim = chance.choice(which(system))
        await victim.leave()
        await victim.start()

    return fault


def _redis(name: str, *values: float | None) -> Fault:
    async def fault(system: System, chance: random.Random) -> None:
        await getattr(system.store.primary, name)(*values)

    return fault


async def _busy(system: System, chance: random.Random) -> None:
    await chance.choice(system.gateways).be_busy()


async def _failed_over(system: System, chance: random.Random) -> None:
    await system.store.fail_over(_BACK_AFTER_S)


async def _redis_hung(system: System, chance: random.Random) -> None:
    await system.store.primary.program.stop_for(chance.uniform(5, 20))


FAULTS: dict[str, Fault] = {
    "visualizer killed": _killed(lambda system: system.visualizers),
    "all visualizers killed": _killed(lambda system: system.visualizers, all_of_them=True),
    "visualizer stopped": _stopped(lambda system: system.visualizers),
    "visualizer leaves": _told_to_leave(lambda system: system.visualizers),
    "planner killed": _killed(lambda system: system.planners),
    "planner stopped": _stopped(lambda system: system.planners),
    "planner leaves": _told_to_leave(lambda system: system.planners),
    "upstream killed": _killed(lambda system: [system.upstream]),
    "upstream stopped": _stopped(lambda system: [system.upstream]),
    "gateway killed": _killed(lambda system: system.gateways),
    "both gateways killed": _killed(lambda system: system.gateways, all_of_them=True),
    "gateway stopped": _stopped(lambda system: system.gateways),
    "gateway busy": _busy,
    "gateway leaves": _told_to_leave(lambda system: system.gateways),
    "redis killed 1 s": _redis("restart", 1),
    "redis killed 10 s": _redis("restart", 10),
    "redis killed 20 s": _redis("restart", 20),
    "redis killed 40 s": _redis("restart", 40),
    "redis.truncated": _redis("restart", 1, 1),
    "redis empty": _redis("restart", 1, None),
    "redis failed over": _failed_over,
    "redis hung": _redis_hung,
    "redis full 8 s": _redis("full", 8),
    "redis read-only 8 s": _redis("read_only", 8),
    "redis disk full 12 s": _redis("disk_full", 12),
}
DESTROYS = ("redis.truncated", "redis empty")
"""What takes data away: answers may be lost then, if that is told."""
