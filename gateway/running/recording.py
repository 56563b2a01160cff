"""Writes one response down as it is made: what comes while a write is on its way goes with the next.

Whatever the store does, it is tried again while that is away, and written anew where it has forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextvars import copy_context

from gateway.answer.errors import STORE_ERRORS
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.answer.stitching.state import Start
from gateway.store.ledger import Ledger, Written
from gateway.store.values import Standing

log = logging.getLogger(__name__)

_RETRY_S = 0.2


class Recording:
    """What there is of a response, and what is still to be written down of it; one write at a time.

    Tokens come by the thousand, so a write that goes well costs no task a turn: its answer begins the next one.

    `written` is all that there is of it, for a store that forgets. `taken_away` is set once the response is not to be written here
    any more: it belongs to another process, or to nobody.
    """

    def __init__(
        self,
        ledger: Ledger,
        request: Request,
        standing: Standing,
        start: Start,
        written: Sequence[GatewayEvent] = (),
    ) -> None:
        self._ledger, self._request, self._standing, self._start = ledger, request, standing, start
        self.written = list(written)
        self.taken_away = asyncio.Event()
        self._waiting: list[GatewayEvent] = []
        self._under_way: tuple[int, Sequence[GatewayEvent]] = (1, [])
        self._is_writing = False
        self._turns = deque[asyncio.Future[None]]()
        self._mending: asyncio.Task[None] | None = None
        self._outcome: Written | Exception = "written"
        # What is logged later is this response's, whoever's write has told of it.
        self._context = copy_context()

    def add(self, event: GatewayEvent) -> None:
        """Write one more event down, soon; nothing more of a response that was taken away."""
        if self.taken_away.is_set():
            return
        self._waiting.append(event)
        if not self._is_writing:
            self._is_writing = True
            self._post()

    async def write(self, events: Sequence[GatewayEvent] = ()) -> Written:
        """Write down what waits and these; with nothing at all, only see that the response is still there and still ours.

        It waits for the store for as long as it takes: whoever is late decides what becomes of the response. `behind` is never answered.

        Raises:
            Exception: an event cannot be written at all.
        """
        await self._turn()
        try:
            self._waiting += events
            await self._insist(*self._take())
        finally:
            self._next()
        return self._told()

    async def all_written(self) -> Written:
        """What has become of all that was added. Raises as `write`."""
        await self._turn()
        try:
            if self._waiting and not self.taken_away.is_set():
                await self._insist(*self._take())
        finally:
            self._next()
        return self._told()

    def close(self) -> None:
        """Try no more."""
        self._waiting.clear()
        if self._mending is not None:
            self._mending.cancel()

    def _told(self) -> Written:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    async def _turn(self) -> None:
        """Wait for the write that is under way, and keep others from beginning until `_next`."""
        if not self._is_writing:
            self._is_writing = True
            return
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        # Those who were cancelled meanwhile wait no more.
        while self._turns and self._turns[0].done():
            self._turns.popleft()
        if self._turns:
            self._turns.popleft().set_result(None)
        elif self._waiting and not self.taken_away.is_set():
            self._post()
        else:
            self._is_writing = False

    def _post(self) -> None:
        self._ledger.post(self._request, self._standing.owner, self._take, self._answered)

    def _take(self) -> tuple[int, Sequence[GatewayEvent]]:
        events, self._waiting = self._waiting, []
        self._under_way = (len(self.written) + 1, events)
        self.written += events
        return self._under_way

    def _answered(self, outcome: Written | BaseException) -> None:
        if outcome == "written":
            self._next()
        else:
            name = f"mend {self._request.id}"
            self._mending = asyncio.create_task(self._mend(), name=name, context=self._context)

    async def _mend(self) -> None:
        try:
            await self._insist(*self._under_way)
        finally:
            self._next()

    async def _insist(self, first: int, events: Sequence[GatewayEvent]) -> None:
        """Write until it is clear what becomes of it."""
        try:
            while True:
                outcome = await self._tried(first, events)
                if outcome is not None:
                    break
                await asyncio.sleep(_RETRY_S)
        except Exception as error:
            log.exception("response not written down", extra={"response": self._request.id})
            outcome = error
        self._outcome = outcome
        if outcome != "written":
            self.taken_away.set()

    async def _tried(self, first: int, events: Sequence[GatewayEvent]) -> Written | None:
        """What one try came to; None if the store is away."""
        about = {"response": self._request.id}
        try:
            written = await self._ledger.append(self._request, self._standing.owner, first, events)
            if written in ("behind", "lost"):
                # Lost, too, may be what the store has forgotten: that this process took the response over.
                written = await self._ledger.rewrite(self._request, self._standing, self.written)
                if written == "written":
                    log.warning("the store had forgotten events, written anew", extra=about)
                    self._start.store_back.set()
                    # Whoever counts what is written down is told of what is new among it; written twice, it is there once.
                    written = await self._ledger.append(self._request, self._standing.owner, first, events)
        except STORE_ERRORS:
            log.warning("can't write a response down, trying again", exc_info=True, extra=about)
            return None
        if written == "behind":
            # Forgotten once more, in this moment.
            return None
        if written == "lost":
            # Its jobs belong to whoever has it now.
            self._start.leaves_jobs = True
        if written != "written":
            log.warning("response taken away", extra=about | {"ledger": written})
        return written
