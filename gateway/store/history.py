"""Responses as a tenant finds them: what was asked and what came of it. Another tenant's is as good as none.

It knows the ledger and how to read it, nothing of dialects.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.answer.document import Document
from gateway.answer.errors import NotFound
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.answer.request import Request
from gateway.store.follow import Follower
from gateway.store.ledger import Ledger
from gateway.store.values import Numbered, Standing
from visualizer_service.blobs.blobs import Blobs


class History:
    """Responses of all tenants, whichever gateway answers them."""

    def __init__(self, ledger: Ledger, follower: Follower, blobs: Blobs) -> None:
        self._ledger, self._follower, self._blobs = ledger, follower, blobs

    async def request(self, tenant: str | None, response_id: str, param: str = "response_id") -> Request:
        """What was asked, by this tenant or, for None, by whomever.

        Raises:
            NotFound: no such response, or no longer, or another tenant's.
        """
        request = await self._ledger.request(response_id)
        if request is None or tenant not in (None, request.tenant):
            raise self._unknown(response_id, param)
        return request

    async def kept(self, tenant: str, response_id: str, param: str) -> Request:
        """As `request`, to be gone on from: what was not to be stored is not there."""
        request = await self.request(tenant, response_id, param)
        if not request.store:
            raise self._unknown(response_id, param)
        return request

    async def listed(
        self, tenant: str, after: str | None, count: int, newest_first: bool
    ) -> tuple[list[Request], bool]:
        """A tenant's stored responses in the order in which they were begun, `count` of them after `after`, and whether there are more."""
        found: list[Request] = []
        while ids := await self._ledger.listed.ids(tenant, after, count + 1 - len(found), newest_first):
            requests = {id: await self._ledger.request(id) for id in ids}
            found += [request for request in requests.values() if request is not None]
            after = ids[-1]
            if len(found) > count:
                break
            if gone := [id for id, request in requests.items() if request is None and id != after]:
                await self._ledger.listed.forget(tenant, gone)
        return found[:count], len(found) > count

    async def document(self, response_id: str) -> Document:
        """What has come of it so far."""
        return await self._follower.document(response_id)

    async def events(self, response_id: str) -> list[Numbered]:
        """What has happened so far."""
        events: list[Numbered] = []
        while more := await self._ledger.events(response_id, events[-1][0] if events else 0):
            events += more
        return events

    async def add(self, request: Request, events: Sequence[GatewayEvent]) -> None:
        """Write down a response that has ended, as if it had been answered here; its pictures are stored already."""
        nobody = Standing("in_progress", "nobody", 0, 0, "nobody", False)
        drawn = [picture.blob for picture in fold(events).pictures]
        await self._ledger.rewrite(request, nobody, events)
        await self._blobs.keep(request.id, [blob for blob in drawn if blob is not None])

    async def keep(self, response_id: str, for_s: float) -> None:
        """Keep a response with its pictures for so long from now on, at least."""
        request = await self.request(None, response_id)
        drawn = [picture.blob for picture in (await self.document(response_id)).pictures]
        sent = [picture.blob for picture in request.pictures]
        await self._ledger.keep(response_id, for_s)
        await self._blobs.keep(response_id, [blob for blob in (*drawn, *sent) if blob is not None], for_s)

    async def delete(self, request: Request) -> None:
        """Forget a response, and the pictures that nobody else refers to."""
        document = await self.document(request.id)
        await self._ledger.delete(request.id)
        drawn = [blob for picture in document.pictures for blob in (picture.blob, *picture.previews)]
        sent = [picture.blob for picture in request.pictures]
        await self._blobs.let_go(request.id, [blob for blob in (*drawn, *sent) if blob is not None])

    def _unknown(self, response_id: str, param: str) -> NotFound:
        why = f"There is no response {response_id[:80]}; answers are kept for {self._ledger.kept_s:g} s."
        return NotFound(why, code="response_not_found", param=param)
