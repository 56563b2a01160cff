"""Responses as a tenant finds them: what was asked and what came of it. Another tenant's is as good as none.

It knows the ledger and how to read it, nothing of dialects.
"""

from __future__ import annotations

from gateway.answer.document import Document
from gateway.answer.errors import NotFound
from gateway.answer.request import Request
from gateway.store.follow import Follower
from gateway.store.ledger import Ledger, Numbered


class History:
    """Responses of all tenants, whichever gateway answers them."""

    def __init__(self, ledger: Ledger, follower: Follower) -> None:
        self._ledger, self._follower = ledger, follower

    async def request(self, tenant: str | None, response_id: str, param: str = "response_id") -> Request:
        """What was asked, by this tenant or, for None, by whomever.

        Raises:
            NotFound: no such response, or no longer, or another tenant's.
        """
        request = await self._ledger.request(response_id)
        if request is None or tenant not in (None, request.tenant):
            why = f"There is no response {response_id[:80]}; answers are kept for {self._ledger.kept_s:g} s."
            raise NotFound(why, code="response_not_found", param=param)
        return request

    async def document(self, response_id: str) -> Document:
        """What has come of it so far."""
        return await self._follower.document(response_id)

    async def events(self, response_id: str) -> list[Numbered]:
        """What has happened so far."""
        events: list[Numbered] = []
        while more := await self._ledger.events(response_id, events[-1][0] if events else 0):
            events += more
        return events

    async def delete(self, response_id: str) -> None:
        """Forget a response."""
        await self._ledger.delete(response_id)
