"""Who asks: known before the body of a request is read, and at hand wherever something is charged to a tenant."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from gateway.limits import UNLIMITED, TenantLimits

DEFAULT_TENANT = "default"
NO_KEY = "none"
"""Stands for the key of a request where none is asked for."""


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit of a tenant and how it stands: `left` of `most` in every `window_s`; more comes in `reset_s` seconds."""

    name: str
    most: int
    left: int
    window_s: int | None = None
    reset_s: int | None = None
    unit: str | None = None


@dataclass(slots=True)
class Caller:
    """Whose request it is, by which of its keys, and what it may have; `quotas` are those that were looked at for it."""

    tenant: str = DEFAULT_TENANT
    key: str = NO_KEY
    limits: TenantLimits = UNLIMITED
    quotas: dict[str, Quota] = field(default_factory=dict)

    def note(self, quota: Quota) -> None:
        """Remember how a limit stands, for the headers of the answer."""
        self.quotas[quota.name] = quota


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
