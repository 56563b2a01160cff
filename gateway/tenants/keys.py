"""API keys that are made, rotated and revoked while gateways run. Only digests are kept: a key is told once, when it is made.

A key has 256 random bits, so a plain SHA-256 of it tells nothing, and looking a digest up needs no constant time.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from gateway.answer.errors import NotFound
from gateway.limits import UNLIMITED, TenantLimits

log = logging.getLogger(__name__)

TenantName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
KeyName = Annotated[str, Field(min_length=1, max_length=100)]
MOST_OVERLAP_S = 30 * 24 * 3600
"""For which a key that was rotated may go on to be good."""
MOST_REVOKED = 100
"""Of keys that are revoked, how many stay on the list, the last ones: every gateway reads the list whole at each change."""


class ApiKey(BaseModel):
    """One key; all `_at` and `_until` are Unix times in seconds. After a rotation, `old_digest` is good until `old_until`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: KeyName
    tenant: TenantName
    digest: str
    limits: TenantLimits = UNLIMITED
    made_at: float
    rotated_at: float | None = None
    revoked_at: float | None = None
    old_digest: str | None = None
    old_until: float | None = None

    def opens_with(self, digest: str, now: float) -> bool:
        """Whether a key with this digest is good."""
        if self.revoked_at is not None:
            return False
        is_old = digest == self.old_digest and self.old_until is not None and now < self.old_until
        return digest == self.digest or is_old

    @property
    def digests(self) -> tuple[str, ...]:
        """Those that may be good."""
        return (self.digest,) if self.old_digest is None else (self.digest, self.old_digest)


Change = Callable[[ApiKey], ApiKey]


class KeyStore(Protocol):
    """Where keys are kept."""

    async def version(self) -> str:
        """Another word whenever keys have changed; cheap to ask."""
        ...

    async def read(self) -> Sequence[ApiKey]:
        """All keys, those that were revoked last included."""
        ...

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def change(self, id: str, change: Change) -> ApiKey | None:
        """Put another in the place of a key, with no other change between; None if there is no such key."""
        ...

    async def drop(self, ids: Collection[str]) -> None:
        """Forget these keys."""
        ...


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


async def make(store: KeyStore, tenant: str, name: str, limits: TenantLimits) -> tuple[ApiKey, str]:
    """Make a key; gives it and the one word by which its owner is known."""
    id = f"key_{secrets.token_hex(6)}"
    secret = _new_secret()
    key = ApiKey(
        id=id, name=name, tenant=tenant, digest=digest_of(secret), limits=limits, made_at=time.time()
    )
    await store.add(key)
    _record("key made", key)
    return key, secret


async def rotate(store: KeyStore, id: str, overlap_s: float) -> tuple[ApiKey, str]:
    """Give a key another word; the old one is good for another `overlap_s` seconds. Raises NotFound."""
    secret, now = _new_secret(), time.time()

    def rotated(key: ApiKey) -> ApiKey:
        if key.revoked_at is not None:
            raise NotFound(f"The key {id} is revoked; make another.", code="key_not_found", param="key_id")
        old = {"old_digest": key.digest, "old_until": now + overlap_s} if overlap_s else {"old_digest": None}
        return key.model_copy(update={"digest": digest_of(secret), "rotated_at": now, **old})

    key = _there(await store.change(id, rotated), id)
    _record("key rotated", key)
    return key, secret


async def revoke(store: KeyStore, id: str) -> ApiKey:
    """Make a key good for nothing; it stays on the list until many others were revoked after it. Raises NotFound."""

    def revoked(key: ApiKey) -> ApiKey:
        return key.model_copy(update={"revoked_at": key.revoked_at or time.time(), "old_digest": None})

    key = _there(await store.change(id, revoked), id)
    _record("key revoked", key)
    ended = {one.id: one.revoked_at for one in await store.read() if one.revoked_at is not None}
    if len(ended) > MOST_REVOKED:
        await store.drop(sorted(ended, key=ended.__getitem__)[:-MOST_REVOKED])
    return key


def _there(key: ApiKey | None, id: str) -> ApiKey:
    if key is None:
        raise NotFound(f"There is no key {id[:80]}.", code="key_not_found", param="key_id")
    return key


def _new_secret() -> str:
    return f"wv-{secrets.token_urlsafe(32)}"


def _record(what: str, key: ApiKey) -> None:
    log.info(what, extra={"key": key.id, "key_name": key.name, "key_tenant": key.tenant})
