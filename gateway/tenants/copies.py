"""Copies of stories: a finished one told once more as somebody's own, with its pictures, to be gone on from."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Final

from gateway.answer.errors import InvalidRequest
from gateway.answer.events import LastEvent
from gateway.answer.retelling import Turn, retold
from gateway.store.file_ids import DrawnFile
from gateway.store.history import History
from gateway.store.links import Links
from gateway.store.shares import Share
from gateway.tenants.caller import Caller
from gateway.tenants.quotas import Held, Quotas

APART_S: Final = 0.001
"""Between the turns of a copy, so that they are listed in their order."""


class Copies:
    """Makes copies; they are kept as long as any answer, and count as their owner's."""

    def __init__(self, history: History, links: Links, quotas: Quotas) -> None:
        self._history, self._links, self._quotas = history, links, quotas

    async def of_share(self, share: Share, caller: Caller, base_url: str) -> str:
        """Copy a shared story; answers the copy's last id.

        Raises:
            NotFound: it is no longer kept.
            InvalidRequest: it is still being made.
            OverLimit: the caller may keep no more.
        """
        return await self.of([await self._turn(share, id) for id in share.ids], caller, base_url)

    async def of(self, story: Sequence[Turn], caller: Caller, base_url: str) -> str:
        """Copy a story whose pictures are stored; raises as `of_share` does."""
        copy: Turn | None = None
        began = time.time()
        for place, turn in enumerate(story):
            id, created_at = f"resp_{secrets.token_hex(16)}", began + place * APART_S
            copy = retold(
                turn,
                copy,
                id=id,
                created_at=created_at,
                tenant=caller.tenant,
                key=caller.key,
                share=caller.limits.share or 1,
                signer=self._links.signer(id, created_at),
                base_url=base_url,
            )
            for picture in copy.document.pictures:
                if picture.blob is not None:
                    await self._quotas.keep(caller, [Held(id, picture.blob, picture.bytes or 0)])
            await self._history.add(copy.request, copy.events)
        assert copy is not None
        return copy.request.id

    async def _turn(self, share: Share, id: str) -> Turn:
        request = await self._history.request(share.tenant, id)
        events = tuple(event for _, event in await self._history.events(id))
        if not events or not isinstance(events[-1], LastEvent):
            raise InvalidRequest(
                "This story is still being made; copy it when it is complete.", param="share"
            )
        versions = {}
        for name, version in share.versions.get(id, {}).items():
            drawn = DrawnFile.parse(version.file_id)
            assert drawn is not None
            document = await self._history.document(drawn.response_id)
            versions[name] = next(one for one in document.pictures if one.item == drawn.item)
        return Turn(request, events, versions)
