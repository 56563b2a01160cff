"""What whoever asks has used: `/v1/usage`, by day and key."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from gateway.answer.errors import InvalidRequest
from gateway.dialects.common.schemas import Object
from gateway.http.container import ContainerDep, Tenant
from gateway.tenants.quotas import DAY_S
from gateway.tenants.usage import Used

router = APIRouter(prefix="/v1/usage", tags=["service"])

MOST_DAYS: Final = 366
USUAL_DAYS: Final = 30
FIRST_DAY: Final = date(1970, 1, 1)
"""From which days are counted; nothing was used before. Of the calendar's own first days, there are no 30 up to them."""


class Counts(Object):
    """What was used."""

    answers: int = Field(description="Answers that ended, however they did.")
    input_tokens: int = Field(description="Tokens that planners read.")
    cached_tokens: int = Field(description="Of these, found in their prefix cache.")
    output_tokens: int = Field(description="Tokens that they wrote.")
    images: int = Field(description="Pictures drawn.")
    pixels: int = Field(description="Their pixels.")
    gpu_seconds: float = Field(
        description="Device time of pictures, those that failed or were cancelled included."
    )


class DayOfKey(Counts):
    """What one key used on one day."""

    date: str = Field(description="The day, UTC, on which the answers ended.")
    key: str = Field(description="The key's id; `none` where none is asked for.")


class Usage(Object):
    """What a tenant used."""

    object: Literal["usage"] = Field(default="usage", description="What this is.")
    tenant: str = Field(description="Whoever asks.")
    start_date: str = Field(description="The first day.")
    end_date: str = Field(description="The last day.")
    data: tuple[DayOfKey, ...] = Field(description="By day, then by key; what was not used is left out.")
    total: Counts = Field(description="All of it.")


Day = Annotated[date | None, Query(description="A day, UTC, as `2026-01-31`.")]


@router.get("")
async def usage(
    tenant: Tenant,
    container: ContainerDep,
    start_date: Day = None,
    end_date: Day = None,
    key: Annotated[str | None, Query(max_length=200, description="Of this key alone.")] = None,
) -> Usage:
    """What the tenant of whoever asks has used, all its keys together; the last 30 days, if no others are asked for. Ours."""
    _check_counted(start_date=start_date, end_date=end_date)
    last = end_date or datetime.fromtimestamp(time.time(), UTC).date()
    first = start_date or last - timedelta(days=USUAL_DAYS - 1)
    days = (last - first).days + 1
    if not 1 <= days <= MOST_DAYS:
        words = (
            f"`start_date` is {first} and `end_date` {last}, which is {days} days; ask for 1 to {MOST_DAYS}."
        )
        raise InvalidRequest(words, param="start_date")
    begun = (first - FIRST_DAY).days
    found = await container.usage.of(tenant, range(begun, begun + days))
    used = [one for one in found if key in (None, one.key)]
    return Usage(
        tenant=tenant,
        start_date=str(first),
        end_date=str(last),
        data=tuple(_of_day(one) for one in used),
        total=_counts(used),
    )


def _check_counted(**days: date | None) -> None:
    """Refuse days before any. Raises InvalidRequest."""
    for name, day in days.items():
        if day is not None and day < FIRST_DAY:
            raise InvalidRequest(f"`{name}` is {day}; days are counted from {FIRST_DAY}.", param=name)


def _of_day(used: Used) -> DayOfKey:
    day = datetime.fromtimestamp(used.day * DAY_S, UTC).date()
    return DayOfKey(date=str(day), key=used.key, **_counts([used]).model_dump())


def _counts(used: Iterable[Used]) -> Counts:
    sums: dict[str, int] = {}
    for one in used:
        for kind, count in one.counts.items():
            sums[kind] = sums.get(kind, 0) + count
    return Counts(
        answers=sums.get("answers", 0),
        input_tokens=sums.get("input_tokens", 0),
        cached_tokens=sums.get("cached_tokens", 0),
        output_tokens=sums.get("output_tokens", 0),
        images=sums.get("pictures", 0),
        pixels=sums.get("pixels", 0),
        gpu_seconds=sums.get("gpu_ms", 0) / 1000,
    )
