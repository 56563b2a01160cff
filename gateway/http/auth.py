"""API keys: who a request belongs to. With no keys configured, everybody is the tenant `default`.

Keys are compared in constant time and never logged.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from gateway.answer.errors import NotAuthenticated
from telemetry.logs import bind

DEFAULT_TENANT = "default"


class ApiKeys:
    """The API keys that are known, and the tenant that each belongs to."""

    def __init__(self, tenants: Mapping[SecretStr, str]) -> None:
        self._tenants = [(_digest(key.get_secret_value()), tenant) for key, tenant in tenants.items()]

    def tenant(self, authorization: str | None) -> str:
        """Say whose request it is.

        Args:
            authorization: the header of that name, `Bearer` and a key.

        Raises:
            NotAuthenticated: keys are configured, and this is none of them.
        """
        tenant = self._found(authorization) if self._tenants else DEFAULT_TENANT
        bind(tenant=tenant)
        return tenant

    def _found(self, authorization: str | None) -> str:
        scheme, _, key = (authorization or "").partition(" ")
        sent = _digest(key.strip())
        # Every key is compared, so the time taken tells nothing about which one came close.
        found = [tenant for digest, tenant in self._tenants if hmac.compare_digest(digest, sent)]
        if scheme.lower() != "bearer" or not found:
            raise NotAuthenticated('Send an API key that is known here, as "Authorization: Bearer KEY".')
        return found[0]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
