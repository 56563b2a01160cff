"""Each tenant's limits, counted in Redis for all gateways together.

quota:{TENANT}:requests   count of the requests of a minute                        TTL of a minute
quota:{TENANT}:answers    sorted set: answers under way, by when they are given up  TTL
quota:{TENANT}:promised   hash: answer, pictures that it may yet have               TTL
quota:{TENANT}:pictures   hash: day since 1970, pictures drawn                      TTL of two days
kept:{TENANT}             sorted set: blobs, by when they are gone                  TTL
kept:{TENANT}:bytes       hash: blob, its size, their sum                                    TTL
kept:{TENANT}:of:BLOB     sorted set: this tenant's responses and files that refer to a blob, by until when   TTL
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from gateway.answer.errors import OverLimit
from gateway.tenants import kept_scripts
from gateway.tenants import quota_scripts as scripts
from gateway.tenants.caller import Caller, Quota

MINUTE_S: Final = 60
DAY_S: Final = 86400
RETRY_AFTER_S: Final = 5.0
"""What a client is told to wait for something that ends nobody knows when."""


@dataclass(frozen=True, slots=True)
class Held:
    """A blob of so many bytes that a response or file refers to, its owner."""

    owner: str
    blob: str
    size: int


class Quotas:
    """The limits of all tenants. An answer is believed under way for `answer_s` seconds at most; blobs are kept for `keep_s`."""

    def __init__(self, redis: Redis, answer_s: float, keep_s: float) -> None:
        self._answer_ms, self._keep_ms = round(answer_s * 1000), round(keep_s * 1000)
        self._request = redis.register_script(scripts.REQUEST)
        self._admit = redis.register_script(scripts.ADMIT)
        self._leave = redis.register_script(scripts.LEAVE)
        self._keep = redis.register_script(kept_scripts.KEEP)
        self._stay = redis.register_script(kept_scripts.STAY)
        self._drop = redis.register_script(kept_scripts.DROP)

    async def count_request(self, caller: Caller) -> None:
        """Count a request. Raises OverLimit."""
        most = caller.limits.requests_per_minute
        if most is None:
            return
        key = f"quota:{{{caller.tenant}}}:requests"
        may, left, reset_ms = await self._request([key], [most, MINUTE_S * 1000])
        reset_s = math.ceil(reset_ms / 1000)
        caller.note(Quota("requests", most, left, MINUTE_S, reset_s))
        if not may:
            raise _over("requests_per_minute", f"{most} requests a minute", reset_s)

    async def admit(self, caller: Caller, answer: str, least_pictures: int, most_pictures: int) -> int:
        """Count an answer as under way; gives the number of pictures that it may have. Raises OverLimit."""
        limits = caller.limits
        if limits.answers_at_once is None and limits.pictures_per_day is None:
            return most_pictures
        most_answers, a_day = limits.answers_at_once, limits.pictures_per_day
        bounds = [-1 if bound is None else bound for bound in (most_answers, a_day)]
        arguments = [answer, self._answer_ms, *bounds, least_pictures, most_pictures]
        outcome, *told = await self._admit(of_answers(caller.tenant), arguments)
        if outcome == b"answers" and most_answers is not None:
            caller.note(_answers_left(most_answers, 0))
            raise _over("answers_at_once", f"{most_answers} answers at once", RETRY_AFTER_S)
        if outcome == b"pictures" and a_day is not None:
            raise _no_pictures(caller, a_day, max(least_pictures, 1), *told)
        granted, answers_left, pictures_left, day_ends_s = told
        if most_answers is not None:
            caller.note(_answers_left(most_answers, answers_left))
        if a_day is not None:
            caller.note(Quota("pictures", a_day, pictures_left, DAY_S, day_ends_s, "pictures"))
        return granted

    async def leave(self, tenant: str, answer: str) -> None:
        """An answer that was counted has not begun after all."""
        await self._leave(of_answers(tenant)[:2], [answer])

    async def keep(self, caller: Caller, held: Sequence[Held], keep_s: float | None = None) -> None:
        """Count blobs as the caller's before they are kept for so long: all of them, or none. Raises OverLimit."""
        most = caller.limits.bytes_kept
        may, kept, more, reset_s = await self._count(caller.tenant, held, most, keep_s)
        if most is None:
            return
        caller.note(_bytes_left(most, kept, reset_s))
        if not may:
            words = f"{most} bytes kept; {kept} are, and this would be {more} more"
            raise _over("bytes_kept", words, reset_s or RETRY_AFTER_S)

    async def charge(self, tenant: str, owner: str, sizes: Mapping[str, int]) -> None:
        """Count blobs as a tenant's that are kept already."""
        if sizes:
            await self._count(tenant, [Held(owner, blob, size) for blob, size in sizes.items()], None, None)

    async def stay(self, tenant: str, owner: str, blobs: Iterable[str], keep_s: float | None = None) -> None:
        """An owner refers to blobs of a tenant for a full time anew, or for `keep_s`."""
        await self._stay(_kept(tenant), [self._ms(keep_s), owner, *blobs])

    async def keep_no_more(
        self, tenant: str, owner: str, blobs: Iterable[str], gone: Iterable[str] = ()
    ) -> None:
        """An owner refers to these no more; those that are `gone` nobody does. What nothing of the tenant's refers to counts no more."""
        deleted = dict.fromkeys(gone)
        others = [blob for blob in dict.fromkeys(blobs) if blob not in deleted]
        await self._drop(_kept(tenant), [owner, len(deleted), *deleted, *others])

    async def _count(
        self, tenant: str, held: Sequence[Held], most: int | None, keep_s: float | None
    ) -> tuple[int, int, int, int]:
        bounds = [-1 if most is None else most, self._ms(keep_s), self._keep_ms]
        parts = [part for one in held for part in (one.owner, one.blob, one.size)]
        return await self._keep(_kept(tenant), [*bounds, *parts])

    def _ms(self, keep_s: float | None) -> int:
        return self._keep_ms if keep_s is None else round(keep_s * 1000)

    async def check_kept(self, caller: Caller) -> None:
        """Refuse what would draw pictures where no byte more may be kept. Raises OverLimit."""
        most = caller.limits.bytes_kept
        if most is None:
            return
        kept, reset_s = await self._stay(_kept(caller.tenant), [self._keep_ms, ""])
        caller.note(_bytes_left(most, kept, reset_s))
        if kept >= most:
            raise _over("bytes_kept", f"{most} bytes kept; {kept} are", reset_s or RETRY_AFTER_S)


def of_answers(tenant: str) -> list[str]:
    """The keys that tell of a tenant's answers and pictures."""
    return [f"quota:{{{tenant}}}:{name}" for name in ("answers", "promised", "pictures")]


def _kept(tenant: str) -> list[str]:
    return [f"kept:{{{tenant}}}", f"kept:{{{tenant}}}:bytes", f"kept:{{{tenant}}}:of:"]


def _answers_left(most: int, left: int) -> Quota:
    return Quota("answers", most, left, None, None, "concurrent-requests")


def _bytes_left(most: int, kept: int, reset_s: int) -> Quota:
    return Quota("bytes", most, max(most - kept, 0), None, reset_s, "content-bytes")


def _no_pictures(
    caller: Caller, a_day: int, needed: int, drawn: int, promised: int, day_ends_s: int
) -> OverLimit:
    """An answer needs more pictures than are left; those that others don't draw after all are left again, nobody knows when."""
    left = max(a_day - drawn - promised, 0)
    may_come_back = promised > 0 and needed <= a_day - drawn
    wait_s = RETRY_AFTER_S if may_come_back else day_ends_s
    caller.note(Quota("pictures", a_day, left, DAY_S, math.ceil(wait_s), "pictures"))
    words = f"{a_day} pictures a day: {left} are left, {promised} are promised to answers under way, and this one needs {needed}"
    return _over("pictures_per_day", words, wait_s)


def _over(code: str, words: str, retry_after_s: float) -> OverLimit:
    return OverLimit(f"Your limit is {words}.", code=code, retry_after_s=retry_after_s)
