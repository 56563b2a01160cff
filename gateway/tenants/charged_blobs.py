"""The blobs as requests see them: what is put there is counted as the caller's before it is kept, and no more once nothing of the caller's
refers to it, whoever else keeps the same.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable

from redis.asyncio import Redis

from gateway.tenants.caller import CALLER
from gateway.tenants.quotas import Held, Quotas
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.objects import Objects


class ChargedBlobs(Blobs):
    """Blobs, with `quotas` asked first; where nobody is known to call, nothing is counted."""

    def __init__(self, redis: Redis, objects: Objects, keep_s: float, quotas: Quotas) -> None:
        super().__init__(redis, objects, keep_s)
        self._quotas = quotas

    async def put(self, data: bytes, media_type: str, owner: str, keep_s: float | None = None) -> str:
        """As of any blobs. Raises OverLimit."""
        caller = CALLER.get()
        if caller is not None:
            blob = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
            await self._quotas.keep(caller, [Held(owner, blob, len(data))], keep_s)
        return await super().put(data, media_type, owner, keep_s)

    async def keep(self, owner: str, blob_ids: Iterable[str], keep_s: float | None = None) -> None:
        """As of any blobs."""
        ids, caller = tuple(blob_ids), CALLER.get()
        if caller is not None and ids:
            await self._quotas.stay(caller.tenant, owner, ids, keep_s)
        await super().keep(owner, ids, keep_s)

    async def let_go(self, owner: str, blob_ids: Iterable[str]) -> list[str]:
        """As of any blobs."""
        ids, caller = tuple(blob_ids), CALLER.get()
        gone = await super().let_go(owner, ids)
        if caller is not None and ids:
            await self._quotas.keep_no_more(caller.tenant, owner, ids, gone)
        return gone
