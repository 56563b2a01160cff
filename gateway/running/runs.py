"""The responses that one process is at, and those that it ended lately."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from gateway.answer.errors import STORE_ERRORS
from gateway.running.run import Run
from gateway.store.leases import Leases

log = logging.getLogger(__name__)

# A Redis that crashes or fails over may come back without its last seconds.
UNSAFE_S = 20.0


@dataclass(slots=True)
class Runs:
    """The responses of one process, by id; `leases` say that they are its own."""

    leases: Leases
    under_way: dict[str, Run] = field(default_factory=dict)
    ended: dict[str, Run] = field(default_factory=dict)

    def remember(self, run: Run) -> None:
        """Keep an answer that is over for as long as Redis may still forget its end."""
        self.ended[run.request.id] = run
        asyncio.get_running_loop().call_later(UNSAFE_S, self.ended.pop, run.request.id, None)

    async def let_go(self, id: str, *, to_others: bool) -> None:
        """Be at a response no more; `to_others` says that it is not over."""
        try:
            await self.leases.let_go(id, to_others=to_others)
        except STORE_ERRORS:
            log.warning("can't let go of a lease, it will end", exc_info=True, extra={"response": id})
        self.under_way.pop(id, None)

    async def end(self, timeout_s: float) -> set[asyncio.Task[None]]:
        """Wait for the responses under way; answers the tasks of those that are not done in time."""
        tasks = [run.task for run in self.under_way.values() if run.task is not None]
        return (await asyncio.wait(tasks, timeout=timeout_s))[1] if tasks else set()
