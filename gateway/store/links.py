"""Links to drawn pictures that need no API key: signed, and good for as long as their answer is kept.

Every response gets a key of its own, derived from the one secret that all gateways share. So whoever writes an answer down needs
nothing but the answer to sign, and writes the same link each time, which lets caches do their work.

Signatures are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from pydantic import SecretStr
from redis.asyncio import Redis

from gateway.answer.errors import Forbidden
from gateway.answer.signer import Signer, signature_of

SHARED = "links:secret"
SECRET_BYTES = 32


class Links:
    """Gives responses their signers, and checks what was signed."""

    def __init__(self, secret: bytes, keep_s: float) -> None:
        self._secret, self._keep_s = secret, keep_s

    def signer(self, response_id: str, created_at: float) -> Signer:
        """The signer of a response; its links end when the response is forgotten."""
        return Signer(self._key(response_id), int(created_at + self._keep_s))

    def check(self, response_id: str, file_id: str, expires: int, signature: str, now: float) -> None:
        """Refuse a link that was not signed here, or no longer holds.

        Raises:
            Forbidden: it was changed, or its time is up.
        """
        signed = signature_of(self._key(response_id), file_id, expires)
        if not hmac.compare_digest(signed.encode(), signature.encode()):
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

    def _key(self, response_id: str) -> str:
        return hmac.new(self._secret, response_id.encode(), hashlib.sha256).hexdigest()


async def shared_secret(redis: Redis, given: SecretStr | None) -> bytes:
    """The operator's secret, else one that the first gateway on this Redis makes up and all others take over."""
    if given is not None:
        return given.get_secret_value().encode()
    await redis.set(SHARED, secrets.token_bytes(SECRET_BYTES), nx=True)
    stored: Any = await redis.get(SHARED)
    return stored
