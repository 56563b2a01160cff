"""How much a tenant may have of what all share; what is not said is not bounded."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0)]
MOST_SHARE = 1000


class TenantLimits(BaseModel):
    """The limits of one tenant, over all its keys and all gateways. `share` is its weight where several wait for the same workers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_minute: Count | None = None
    answers_at_once: Count | None = None
    pictures_waiting: Count | None = None
    pictures_per_day: Count | None = None
    bytes_kept: Count | None = None
    share: int | None = Field(default=None, ge=1, le=MOST_SHARE)

    def or_else(self, others: TenantLimits) -> TenantLimits:
        """These, and the others' where these say nothing."""
        return others.model_copy(update=self.model_dump(exclude_none=True))


UNLIMITED: Final = TenantLimits()
"""Whoever has no limits."""
