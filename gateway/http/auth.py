"""API keys: who a request belongs to. With no keys configured, everybody is the tenant `default`.

Keys are compared in constant time and never logged.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from gateway.answer.errors import NotAuthenticated
from telemetry.logs import bind

DEFAULT_TENANT = "default"


class ApiKeys:
    """The API keys that are known, and the tenant that each belongs to."""

    def __init__(self, tenants: Mapping[SecretStr, str]) -> None:
        self._tenants = [(_digest(key.get_secret_value()), tenant) for key, tenant in tenants.items()]

    def tenant(self, sent: Iterable[str]) -> str:
        """Say whose request it is.

        Args:
            sent: the keys that came with it; the first that is known counts.

        Raises:
            NotAuthenticated: keys are configured, and none of these is one.
        """
        tenant = self._found(sent) if self._tenants else DEFAULT_TENANT
        bind(tenant=tenant)
        return tenant

    def _found(self, sent: Iterable[str]) -> str:
        for key in map(_digest, sent):
            # Every key is compared, so the time taken tells nothing about which one came close.
            found = [tenant for digest, tenant in self._tenants if hmac.compare_digest(digest, key)]
            if found:
                return found[0]
        raise NotAuthenticated('Send an API key that is known here, as "Authorization: Bearer KEY".')


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
