"""API keys: who a request belongs to. Where no keys are asked for, everybody is the tenant `default`.

Keys are the operator's own (`GATEWAY_API_KEYS`) and those that are made while gateways run, which are looked at anew all the time, so
that a revoked one is good for a second at most. No key is ever logged.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from gateway.answer.errors import STORE_ERRORS, NotAuthenticated, StoreUnavailable
from gateway.limits import UNLIMITED, TenantLimits
from gateway.tenants.caller import Caller
from gateway.tenants.keys import ApiKey, KeyStore, digest_of
from telemetry.logs import bind

_LOOK_EVERY_S = 1.0
# A key that is not known may have been made just now; whoever tries keys can have them looked at this often and no more.
_LOOK_AGAIN_S = 0.25
_LOOK_S = 2.0
# Keys are read anew even if nothing seems to have changed, for a store that was emptied and filled again may seem so.
_READ_EVERY = 30

log = logging.getLogger(__name__)


class ApiKeys:
    """The API keys that are known. `tenants` are the operator's own, `limits` those of every tenant that has no others."""

    def __init__(
        self,
        tenants: Mapping[SecretStr, str],
        store: KeyStore | None = None,
        limits: TenantLimits = UNLIMITED,
        admin_key: SecretStr | None = None,
    ) -> None:
        given = {digest_of(key.get_secret_value()): tenant for key, tenant in tenants.items()}
        self._given = {digest: Caller(tenant, f"env_{digest[:12]}") for digest, tenant in given.items()}
        self._store, self._limits = store, limits
        self._admin = None if admin_key is None else digest_of(admin_key.get_secret_value())
        self._kept: dict[str, ApiKey] = {}
        self._version: str | None = None
        self._looked_at = float("-inf")

    @property
    def are_asked_for(self) -> bool:
        """Whether a request needs one."""
        return bool(self._given) or self._store is not None

    def is_operator(self, sent: Iterable[str]) -> bool:
        """Whether the operator asks; False where the operator has no key.

        Raises:
            NotAuthenticated: somebody else does.
        """
        if self._admin is None:
            return False
        if not sum(hmac.compare_digest(digest_of(key), self._admin) for key in sent):
            raise NotAuthenticated('Send the operator\'s key, as "Authorization: Bearer KEY".')
        return True

    async def caller(self, sent: Iterable[str]) -> Caller:
        """Say whose request it is.

        Args:
            sent: the keys that came with it; the first that is known counts.

        Raises:
            NotAuthenticated: keys are asked for, and none of these is one.
            StoreUnavailable: none is known, and the store of keys has never been read.
        """
        if not self.are_asked_for:
            return _bound(Caller(limits=self._limits))
        digests = [digest_of(key) for key in sent]
        found = self._found(digests)
        if found is None and digests and self._store is not None:
            if time.monotonic() - self._looked_at > _LOOK_AGAIN_S:
                await self._look_in_vain_at_worst(self._store)
            found = self._found(digests)
            if found is None and self._version is None:
                raise StoreUnavailable("The store of API keys cannot be read.")
        if found is None:
            raise NotAuthenticated('Send an API key that is known here, as "Authorization: Bearer KEY".')
        return _bound(found)

    async def look(self) -> None:
        """Read the keys, if they have changed.

        Raises:
            OSError, redis.RedisError: they cannot be read.
            ValueError: what is there is no key.
        """
        if self._store is not None:
            await self._look(self._store)

    async def begin(self) -> None:
        """Look for the first time; a store that is away holds no start up."""
        if self._store is not None:
            await self._look_in_vain_at_worst(self._store)

    async def keep(self) -> None:
        """Look for changes, for ever; while the keys cannot be read, those that were known last are."""
        rounds = 0
        while self._store is not None:
            rounds += 1
            if rounds % _READ_EVERY == 0:
                self._version = self._version and ""
            await asyncio.sleep(_LOOK_EVERY_S)
            await self._look_in_vain_at_worst(self._store)

    async def _look_in_vain_at_worst(self, store: KeyStore) -> None:
        try:
            async with asyncio.timeout(_LOOK_S):
                await self._look(store)
        except (*STORE_ERRORS, ValueError):
            log.warning("can't read the API keys", exc_info=True)

    async def _look(self, store: KeyStore) -> None:
        self._looked_at = time.monotonic()
        version = await store.version()
        if version == self._version:
            return
        keys = await store.read()
        # The list has all that ever were; here only those are kept that open something.
        self._kept = {digest: key for key in keys if key.revoked_at is None for digest in key.digests}
        self._version = version

    def _found(self, digests: Iterable[str]) -> Caller | None:
        now = time.time()
        for digest in digests:
            if given := self._given.get(digest):
                return Caller(given.tenant, given.key, self._limits)
            key = self._kept.get(digest)
            if key is not None and key.opens_with(digest, now):
                return Caller(key.tenant, key.id, key.limits.or_else(self._limits))
        return None


def _bound(caller: Caller) -> Caller:
    bind(tenant=caller.tenant, key=caller.key)
    return caller
