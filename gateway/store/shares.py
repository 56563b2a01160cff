"""Shares: stories that whoever has the link may read, as long as their owner says and their answers are kept.

A share is a random name for the last answer of a story; those that it goes on from belong to it. Nothing else can be read by it.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from gateway.answer.errors import NotFound
from gateway.answer.request import Request
from gateway.store.history import History

MOST_TURNS: Final = 200
"""Answers that one share shows, the latest; each is a look into Redis."""


class Share(BaseModel):
    """A story that may be read. `ids` are its answers, the first one first; `expires_at` is Unix time in seconds."""

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str
    ids: tuple[str, ...]
    expires_at: int


class Shares:
    """The shares of all tenants."""

    def __init__(self, redis: Redis, history: History, keep_s: float) -> None:
        self._redis, self._history, self._keep_s = redis, history, keep_s

    async def make(self, tenant: str, response_id: str, lasts_s: float | None) -> Share:
        """Share a story up to this answer; the same answer again is the same share, its time anew.

        Args:
            tenant: whose it is.
            response_id: its last answer.
            lasts_s: how long it may be read; None, and at most: as long as the answer is kept.

        Raises:
            NotFound: no such answer, or no longer, or another tenant's.
        """
        chain = await self._chain(tenant, response_id)
        left_s = chain[-1].created_at + self._keep_s - time.time()
        lasts_s = max(1.0, min(left_s, left_s if lasts_s is None else lasts_s))
        known: Any = await self._redis.get(_made(response_id))
        share = Share(
            id=secrets.token_urlsafe(16) if known is None else known.decode(),
            tenant=tenant,
            ids=tuple(request.id for request in chain),
            expires_at=int(time.time() + lasts_s),
        )
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.set(_key(share.id), share.model_dump_json(), px=round(1000 * lasts_s))
            pipeline.set(_made(response_id), share.id, px=round(1000 * lasts_s))
            await pipeline.execute()
        return share

    async def end(self, tenant: str, response_id: str) -> None:
        """Let nobody read it any more. Raises as `make`."""
        await self._history.kept(tenant, response_id, "response_id")
        known: Any = await self._redis.get(_made(response_id))
        if known is not None:
            await self._redis.delete(_key(known.decode()), _made(response_id))

    async def find(self, share_id: str) -> Share:
        """A share that may be read.

        Raises:
            NotFound: there is none, or its time is up.
        """
        stored = await self._redis.get(_key(share_id))
        if stored is None:
            raise NotFound("This story is not shared, or no longer.", code="share_not_found", param="share")
        return Share.model_validate_json(stored)

    async def _chain(self, tenant: str, response_id: str) -> list[Request]:
        """The answers of a story, the first one first; those that are no longer kept are left out."""
        chain = [await self._history.kept(tenant, response_id, "response_id")]
        while (before := chain[0].previous_response_id) and len(chain) < MOST_TURNS:
            try:
                chain.insert(0, await self._history.request(tenant, before))
            except NotFound:
                break
        return chain


def _key(share_id: str) -> str:
    """The share of this name; it has a TTL."""
    return f"share:{share_id}"


def _made(response_id: str) -> str:
    """The name of the share that ends with this answer; it has a TTL."""
    return f"share-of:{response_id}"
