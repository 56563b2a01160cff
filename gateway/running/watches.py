"""What a process looks after again and again while it is at responses: whether they are read, are to be cancelled, are still there."""

from __future__ import annotations

import asyncio
import logging

from gateway.answer.errors import STORE_ERRORS
from gateway.answer.events import ResponseCancelled
from gateway.running.conducting import Conducting
from gateway.running.making import Maker

log = logging.getLogger(__name__)

LISTEN_S = 1.0


class Watches:
    """The loops of one process over its responses."""

    def __init__(self, conducting: Conducting, maker: Maker) -> None:
        self._conducting, self._maker, self._timeouts = conducting, maker, maker.timeouts
        self._runs, self._ledger, self._leases = conducting.runs, conducting.ledger, conducting.runs.leases
        self._interruptions = self._leases.interruptions

    def start(self) -> list[asyncio.Task[None]]:
        """Begin all of them; they go on until they are cancelled."""
        return [
            asyncio.create_task(self._look_for_readers(), name="gateway readers"),
            asyncio.create_task(self._listen(), name="gateway orders"),
            asyncio.create_task(self._check_store(), name="gateway store"),
        ]

    def cancel(self, id: str) -> None:
        """Cancel a response, if it is still made here."""
        if id in self._runs.under_way:
            self._runs.under_way[id].stop(ResponseCancelled(at=self._conducting.clock()))

    async def _look_for_readers(self) -> None:
        """Cancel what nobody reads. Beats are counted, not seconds: while Redis is away or takes no writes nobody can say that they read,
        and others may find it again later than this process.
        """
        while True:
            await asyncio.sleep(self._timeouts.beat_s)
            foreground = [
                run
                for run in self._runs.under_way.values()
                if run.is_stoppable and not run.request.background
            ]
            try:
                read = await self._ledger.are_read([run.request.id for run in foreground])
            except STORE_ERRORS:
                log.warning("can't see who reads", exc_info=True)
                continue
            can_be_said = self._leases.writable_for_s > self._timeouts.owner_lost_s
            for run, is_read in zip(foreground, read, strict=True):
                run.unread = 0 if is_read or not can_be_said else run.unread + 1
                if run.unread * self._timeouts.beat_s > self._timeouts.reader_grace_s:
                    self.cancel(run.request.id)

    async def _listen(self) -> None:
        """Cancel what other processes ask to be cancelled."""
        after = "0-0"
        while True:
            try:
                ids, after = await self._ledger.orders.next(self._leases.owner, after, LISTEN_S)
            except STORE_ERRORS:
                log.warning("can't hear orders", exc_info=True)
                await asyncio.sleep(self._timeouts.beat_s)
                continue
            for id in ids:
                self.cancel(id)

    async def _check_store(self) -> None:
        """Once the store was away, see for each response that it is still there, and that its jobs or pictures are."""
        while True:
            await asyncio.sleep(self._timeouts.beat_s)
            if self._leases.interruptions == self._interruptions:
                continue
            self._interruptions = self._leases.interruptions
            for run in tuple(self._runs.ended.values()):
                if await self._conducting.is_written(run, []):
                    await self._maker.draw_again(run)
            for run in [run for run in self._runs.under_way.values() if run.is_stoppable]:
                run.start.store_back.set()
                if not await self._conducting.is_written(run, []):
                    run.leave() if run.start.leaves_jobs else self.cancel(run.request.id)
