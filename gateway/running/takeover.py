"""Takes over the responses of gateway processes that are gone: whoever finds that a lease has ended goes on with the response.

What cannot be gone on with is ended: a response that was to be cancelled, and one that has ended its process too often to be an
accident.
"""

from __future__ import annotations

import asyncio
import logging

from gateway.answer.errors import STORE_ERRORS
from gateway.answer.events import GatewayEvent, ResponseCancelled, ResponseFailed
from gateway.answer.failures import response_failed
from gateway.answer.folding import closing_events, fold
from gateway.answer.request import Request
from gateway.answer.stitching.state import Clock
from gateway.running.conductor import Conductor
from gateway.store.leases import Leases
from gateway.store.ledger import Ledger
from gateway.store.values import Standing

log = logging.getLogger(__name__)

MOST_TAKEOVERS = 8
"""Deploys hand an answer on a few times; what goes on for ever is an answer that ends its gateways."""
_LOOK_EVERY_S = 0.5


class Takeovers:
    """What one gateway process takes over."""

    def __init__(self, conductor: Conductor, ledger: Ledger, leases: Leases, clock: Clock) -> None:
        self._conductor, self._ledger, self._leases, self._clock = conductor, ledger, leases, clock
        self._not_ours = set[tuple[str, str]]()

    async def run(self) -> None:
        """Look for responses that nobody is at, for ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._conductor.is_closing:
                continue
            try:
                await self._look()
            except STORE_ERRORS:
                log.warning("can't look for responses to go on with", exc_info=True)

    async def _look(self) -> None:
        """Go through the leases that have ended. Those of other gateways' models stay on the list, and are looked at once."""
        not_ours, seen = set[tuple[str, str]](), 0
        while found := await self._leases.ended(after=seen):
            for lease in found:
                if lease in self._not_ours or not await self._try(*lease):
                    not_ours.add(lease)
            # Of those that are taken the list is shorter, so as many are passed over here, until the next look.
            seen += len(found)
        self._not_ours = not_ours

    async def _try(self, id: str, owner: str) -> bool:
        """Take a response over, as `_take`; one that cannot be gone on with must not end each gateway that finds it."""
        try:
            return self._conductor.is_at(id) or await self._take(id, owner)
        except STORE_ERRORS:
            raise
        except Exception:
            log.exception("can't go on with a response", extra={"response": id})
            return True

    async def _take(self, id: str, owner: str) -> bool:
        """Take a response over, unless another process is faster; False if it is another gateway's that serves other models.

        There is a lease on it at any time, so that it is not forgotten.
        """
        request = await self._request(id)
        standing = await self._ledger.standing(id)
        is_open = standing is not None and standing.state == "in_progress" and standing.owner == owner
        if request is None or not is_open:
            await self._leases.forget(id, owner)
            return True
        if not self._conductor.serves(request.model):
            return False
        try:
            await self._leases.hold(id)
            taken = await self._ledger.take_over(id, owner, self._leases.owner)
            if taken is None:
                await self._leases.let_go(id, to_others=False)
                return True
            if owner != self._leases.owner:
                await self._leases.forget(id, owner)
            about = {"response": id, "gateway": owner, "takeovers": taken.takeovers}
            log.warning("going on with a response", extra=about)
            await self._go_on(request, taken)
        except BaseException:
            # It is taken over again, from here or elsewhere; even a takeover whose answer was lost may be this process's by now.
            await self._leases.let_go(id, to_others=True)
            raise
        return True

    async def _request(self, id: str) -> Request | None:
        try:
            return await self._ledger.request(id)
        except ValueError:
            log.exception("a request can't be read", extra={"response": id})
            return None

    async def _go_on(self, request: Request, standing: Standing) -> None:
        events: list[GatewayEvent] = []
        while more := await self._ledger.events(request.id, len(events)):
            events += [event for _, event in more]
        last = self._why_not(standing)
        if last is None:
            await self._conductor.go_on(request, standing, events)
            # An order to cancel may have come to this process before it knew the response.
            now = await self._ledger.standing(request.id)
            if now is not None and now.is_cancelled:
                await self._conductor.cancel(request.id)
            return
        end = closing_events(fold(events), last)
        await self._ledger.append(request, standing.owner, len(events) + 1, end)
        self._conductor.ended(request, fold([*events, *end]))
        await self._leases.let_go(request.id, to_others=False)

    def _why_not(self, standing: Standing) -> ResponseFailed | ResponseCancelled | None:
        at = self._clock()
        if standing.is_cancelled:
            return ResponseCancelled(at=at)
        return response_failed("gateway_lost", at) if standing.takeovers > MOST_TAKEOVERS else None
