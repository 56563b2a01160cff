"""Sees one response through: what is made of it is written down to its last event, and then it is let go of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gateway.answer.document import Document
from gateway.answer.events import GatewayEvent, LastEvent, ResponseFailed
from gateway.answer.failures import response_failed
from gateway.answer.folding import closing_events, fold
from gateway.answer.request import Request
from gateway.answer.stitching.state import Clock
from gateway.running.run import Run, Stream, produce
from gateway.running.runs import Runs
from gateway.store.ledger import Ledger

log = logging.getLogger(__name__)


Ended = Callable[[Request, Document], None]
"""Is told of a response that is over, and what it came to."""


def nobody_asks(request: Request, document: Document) -> None:
    """What a response came to is nobody's concern."""


@dataclass(frozen=True, slots=True)
class Conducting:
    """How the responses of one process are seen through; each may take `response_s` seconds from its beginning on."""

    runs: Runs
    ledger: Ledger
    clock: Clock
    response_s: float
    ended: Ended = nobody_asks

    def begin(self, run: Run, stream: Stream) -> None:
        """See a response through in tasks of its own."""
        run.producer = asyncio.create_task(produce(stream, run), name=f"stitch {run.request.id}")
        run.task = asyncio.create_task(self._conduct(run, stream), name=f"conduct {run.request.id}")

    async def is_written(self, run: Run, events: list[GatewayEvent]) -> bool:
        """Write down; a response that is nobody's to write any more is stopped, its jobs left to whoever has it now."""
        return await run.recording.write(events) == "written"

    async def _conduct(self, run: Run, stream: Stream) -> None:
        began_at = run.start.document.started_at or self.clock()
        stop = partial(self._overdue, run, began_at)
        left_s = began_at + self.response_s - self.clock()
        overdue = asyncio.get_running_loop().call_later(max(0.0, left_s), stop)
        is_ours, is_over = True, False
        try:
            await _made(run)
            is_ours = await run.recording.all_written() == "written"
            is_over = isinstance(run.last, LastEvent)
            if is_ours and not is_over and not run.leaves:
                is_ours = is_over = await self.is_written(run, self._end(run))
        except Exception:
            log.exception("response not written down", extra={"response": run.request.id})
        finally:
            overdue.cancel()
            run.recording.close()
            if is_ours and is_over:
                self.runs.remember(run)
                self.ended(run.request, fold(run.recording.written))
            await self._let_go(run, stream, to_others=is_ours and not is_over)

    def _end(self, run: Run) -> list[GatewayEvent]:
        """The last events of a response that was stopped, or whose making broke."""
        last = run.stopped or response_failed("internal", self.clock())
        return closing_events(fold(run.recording.written), last)

    def _overdue(self, run: Run, began_at: float) -> None:
        at = self.clock()
        words = f"The answer was not complete after {at - began_at:.1f} s; it may take {self.response_s:g} s."
        run.stop(ResponseFailed(at=at, code="deadline", message=words))

    async def _let_go(self, run: Run, stream: Stream, *, to_others: bool) -> None:
        if run.producer is not None:
            run.producer.cancel()
            await asyncio.wait([run.producer])
        # A producer that was cancelled before its first step has not touched the stream.
        await stream.aclose()
        await self.runs.let_go(run.request.id, to_others=to_others)


async def _made(run: Run) -> None:
    """Wait for the end of its making, or until it is taken away."""
    taken = asyncio.create_task(run.recording.taken_away.wait())
    try:
        await asyncio.wait([taken, *filter(None, [run.producer])], return_when=asyncio.FIRST_COMPLETED)
    finally:
        taken.cancel()
