"""Links to drawn pictures that need no API key: signed, and good for as long as their answer is kept.

Every response gets a key of its own, derived from a secret that all gateways share. So whoever writes an answer down needs nothing but
the answer to sign, and writes the same link each time, which lets caches do their work.

Signatures are compared in constant time.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from typing import Any

from redis.asyncio import Redis

from gateway.answer.errors import STORE_ERRORS, Forbidden
from gateway.answer.signer import Signer, signature_of

SHARED = "links:secrets"
FIRST_SHARED = "links:secret"
"""Where releases before this one kept the one secret that they shared."""
SECRET_BYTES = 32
_SHARE_EVERY_S = 5.0
_RETRY_S = 0.5

log = logging.getLogger(__name__)


class Secrets:
    """The secrets that links may be signed with: the operator's, else those that the gateways of one Redis have made up.

    There may be several, for a Redis that was emptied gets back what each gateway knows: the least signs, all of them open.
    """

    def __init__(self, redis: Redis, *known: bytes) -> None:
        self._redis, self._known = redis, sorted(known)

    async def all(self) -> list[bytes]:
        """All that open a link, the one that signs first; where none is known yet, Redis is asked.

        Raises:
            redis.RedisError, OSError: Redis is away.
        """
        if not self._known:
            await self.exchange()
        return self._known

    async def share(self) -> None:
        """Tell the others what is known here, and take over what they know, again and again: Redis may forget."""
        while True:
            try:
                await self.exchange()
            except STORE_ERRORS:
                log.warning("can't share the secrets of links", exc_info=True)
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(_SHARE_EVERY_S)

    async def exchange(self) -> None:
        """Tell and learn once.

        Raises:
            redis.RedisError, OSError: Redis is away.
        """
        async with self._redis.pipeline(transaction=False) as pipeline:
            if self._known:
                pipeline.sadd(SHARED, *self._known)
            pipeline.smembers(SHARED)
            pipeline.get(FIRST_SHARED)
            *_, shared, first = await pipeline.execute()
        found = {*self._known, *shared, *([first] if first else [])}
        if not found:
            made: Any = secrets.token_bytes(SECRET_BYTES)
            await self._redis.sadd(SHARED, made)
            found = {made}
        # Whoever asked at the same time may have made one up, too.
        self._known = sorted(found.union(self._known))


class Links:
    """Gives responses their signers, and checks what was signed."""

    def __init__(self, secrets: Secrets, keep_s: float) -> None:
        self._secrets, self._keep_s = secrets, keep_s

    async def signer(self, response_id: str, created_at: float) -> Signer:
        """The signer of a response; its links end when the response is forgotten. Raises as `Secrets.all`."""
        secret, *_ = await self._secrets.all()
        return Signer(_key(secret, response_id), int(created_at + self._keep_s))

    async def check(self, response_id: str, file_id: str, expires: int, signature: str, now: float) -> None:
        """Refuse a link that was not signed by a gateway of ours, or no longer holds.

        Raises:
            Forbidden: it was changed, or its time is up.
        """
        right = [
            signature_of(_key(secret, response_id), file_id, expires) for secret in await self._secrets.all()
        ]
        # All are compared, however soon one fits.
        if not sum(hmac.compare_digest(signed.encode(), signature.encode()) for signed in right):
            raise Forbidden(
                "The signature does not belong to this link; ask for the answer again to get its links.",
                code="invalid_signature",
                param="signature",
            )
        if expires <= now:
            raise Forbidden(
                f"`expires` is {expires}; the link held until then, and it is {int(now)} now.",
                code="link_expired",
                param="expires",
            )


def _key(secret: bytes, response_id: str) -> str:
    return hmac.new(secret, response_id.encode(), hashlib.sha256).hexdigest()
