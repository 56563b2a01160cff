"""`Idempotency-Key`: a request that is sent again under its key gets the answer that was made, and nothing is made twice.

A key belongs to a tenant. What was sent under it is known by a digest, so the same key with another request is refused.

    once:{TENANT}:DIGEST   digest of what was sent, then the response's id once it has been begun    TTL

Source:
    draft-ietf-httpapi-idempotency-key-header-06: 422 for a key sent with another body, 409 while the first is being taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis

from gateway.errors import KeyInUse, KeyUsed
from gateway.history import History
from gateway.request import Request

# Longer than a planner may take to begin; a gateway that dies in between blocks the key for no longer.
TAKING_S = 120
RETRY_AFTER_S = 1.0


class Once:
    """The keys of all tenants; each is remembered for `keep_s` seconds, as long as its answer."""

    def __init__(self, redis: Redis, history: History, keep_s: float) -> None:
        self._redis, self._history, self._keep_s = redis, history, round(keep_s)

    async def begin(
        self, key: str | None, tenant: str, sent: object, begin: Callable[[], Awaitable[Request]]
    ) -> Request:
        """Begin an answer, or find the one that this key began.

        Args:
            key: None if the client sent none; then the answer is simply begun.
            tenant: whose key it is.
            sent: all that decides what is answered, the route included; known by its `repr`.
            begin: begins the answer; if it raises, the key is free again.

        Raises:
            KeyUsed: the key came with something else before.
            KeyInUse: the same request is being taken in right now.
            NotFound: the answer is gone.
            Exception: whatever `begin` raises.
        """
        if key is None:
            return await begin()
        name, digest = f"once:{{{tenant}}}:{_digest(key)}", _digest(repr(sent))
        if not await self._redis.set(name, digest, nx=True, ex=min(TAKING_S, self._keep_s)):
            return await self._begun(name, digest, tenant)
        try:
            request = await begin()
        except BaseException:
            await self._redis.delete(name)
            raise
        await self._redis.set(name, f"{digest} {request.id}", ex=self._keep_s)
        return request

    async def _begun(self, name: str, digest: str, tenant: str) -> Request:
        stored: Any = await self._redis.get(name)
        before, _, response_id = (stored or b"").decode().partition(" ")
        if before not in ("", digest):
            raise KeyUsed(param="Idempotency-Key")
        if not response_id:
            raise KeyInUse(param="Idempotency-Key", retry_after_s=RETRY_AFTER_S)
        return (await self._history.record(tenant, response_id, "Idempotency-Key")).request


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
