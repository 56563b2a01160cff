"""`Idempotency-Key`: a request that is sent again under its key gets the answer that was made, and nothing is made twice.

A key belongs to a tenant. What was sent under it is known by a digest, so the same key with another request is refused.

    once:{TENANT}:DIGEST   digest of what was sent, then the id of what was made once there is one    TTL

Source:
    draft-ietf-httpapi-idempotency-key-header-06: 422 for a key sent with another body, 409 while the first is being taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from redis.asyncio import Redis

from gateway.answer.errors import KeyInUse, KeyUsed

# Longer than a planner may take to begin; a gateway that dies in between blocks the key for no longer.
TAKING_S = 120
RETRY_AFTER_S = 1.0


class Made(Protocol):
    """What a request makes: an answer or a file, to be found again by its id."""

    @property
    def id(self) -> str:
        """Its name."""
        ...


Thing = TypeVar("Thing", bound=Made)


class Idempotency:
    """The keys of all tenants; each is remembered for `keep_s` seconds, as long as what was made."""

    def __init__(self, redis: Redis, keep_s: float) -> None:
        self._redis, self._keep_s = redis, round(keep_s)

    async def make(
        self,
        name: tuple[str, str | None],
        sent: object,
        make: Callable[[], Awaitable[Thing]],
        find: Callable[[str], Awaitable[Thing]],
    ) -> Thing:
        """Make something, or find what this key made.

        Args:
            name: the tenant and its key; with None for a key, it is simply made.
            sent: all that decides what is made, the route included; known by its `repr`.
            make: if it raises, the key is free again.
            find: gets what was made, by its id.

        Raises:
            KeyUsed: the key came with something else before.
            KeyInUse: the same request is being taken in right now.
            Exception: whatever `make` or `find` raises.
        """
        tenant, key = name
        if key is None:
            return await make()
        slot, digest = f"once:{{{tenant}}}:{_digest(key)}", _digest(repr(sent))
        if not await self._redis.set(slot, digest, nx=True, ex=min(TAKING_S, self._keep_s)):
            return await find(await self._made(slot, digest))
        try:
            thing = await make()
        except BaseException:
            await self._redis.delete(slot)
            raise
        await self._redis.set(slot, f"{digest} {thing.id}", ex=self._keep_s)
        return thing

    async def _made(self, slot: str, digest: str) -> str:
        stored: Any = await self._redis.get(slot)
        before, _, id = (stored or b"").decode().partition(" ")
        if before not in ("", digest):
            raise KeyUsed(param="Idempotency-Key")
        if not id:
            raise KeyInUse(param="Idempotency-Key", retry_after_s=RETRY_AFTER_S)
        return id


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
