"""Copies of stories: a finished one told once more as somebody's own, with its pictures, to be gone on from."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.answer.errors import STORE_ERRORS, InvalidRequest, NotFound
from gateway.answer.events import LastEvent
from gateway.answer.retelling import Turn, retold
from gateway.store.file_ids import DrawnFile
from gateway.store.history import History
from gateway.store.links import Links
from gateway.store.shares import Share
from gateway.tenants.caller import Caller
from gateway.tenants.quotas import Held, Quotas

log = logging.getLogger(__name__)

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
        copies = await self._retold(story, caller, base_url)
        held = {
            copy.request.id: [
                Held(copy.request.id, picture.blob, picture.bytes or 0)
                for picture in copy.document.pictures
                if picture.blob is not None
            ]
            for copy in copies
        }
        # All before any is written: half a copy is of no use, and each try would leave another.
        await self._quotas.keep(caller, [one for of in held.values() for one in of])
        try:
            for copy in copies:
                await self._history.add(copy.request, copy.events)
        except BaseException:
            await self._give_back(caller, copies, held)
            raise
        return copies[-1].request.id

    async def _retold(self, story: Sequence[Turn], caller: Caller, base_url: str) -> list[Turn]:
        copies: list[Turn] = []
        began = time.time()
        for place, turn in enumerate(story):
            id, created_at = f"resp_{secrets.token_hex(16)}", began + place * APART_S
            copy = retold(
                turn,
                copies[-1] if copies else None,
                id=id,
                created_at=created_at,
                tenant=caller.tenant,
                key=caller.key,
                share=caller.limits.share or 1,
                signer=await self._links.signer(id, created_at),
                base_url=base_url,
            )
            copies.append(copy)
        return copies

    async def _give_back(
        self, caller: Caller, copies: Sequence[Turn], held: Mapping[str, Sequence[Held]]
    ) -> None:
        """Undo what was done of a copy that could not be made whole, as far as the store can be reached."""
        try:
            for copy in copies:
                with contextlib.suppress(NotFound):  # not written yet
                    await self._history.delete(copy.request)
            for id, blobs in held.items():
                await self._quotas.keep_no_more(caller.tenant, id, [one.blob for one in blobs])
        except STORE_ERRORS:
            log.warning("can't give back half a copy, it stays for its time", exc_info=True)

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
