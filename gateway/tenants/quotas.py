"""Each tenant's limits, counted in Redis for all gateways together.

quota:{TENANT}:requests   count of the requests of a minute                        TTL of a minute
quota:{TENANT}:answers    sorted set: answers under way, by when they are given up  TTL
quota:{TENANT}:promised   hash: answer, pictures that it may yet have               TTL
quota:{TENANT}:pictures   hash: day since 1970, pictures drawn                      TTL of two days
kept:{TENANT}             sorted set: blobs, by when they are gone                  TTL
kept:{TENANT}:bytes       hash: blob, its size, their sum                                    TTL
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from redis.asyncio import Redis

from gateway.answer.errors import OverLimit
from gateway.tenants import quota_scripts as scripts
from gateway.tenants.caller import Caller, Quota

MINUTE_S: Final = 60
DAY_S: Final = 86400
RETRY_AFTER_S: Final = 5.0
"""What a client is told to wait for something that ends nobody knows when."""


class Quotas:
    """The limits of all tenants. An answer is believed under way for `answer_s` seconds at most; blobs are kept for `keep_s`."""

    def __init__(self, redis: Redis, answer_s: float, keep_s: float) -> None:
        self._answer_ms, self._keep_ms = round(answer_s * 1000), round(keep_s * 1000)
        self._request = redis.register_script(scripts.REQUEST)
        self._admit = redis.register_script(scripts.ADMIT)
        self._leave = redis.register_script(scripts.LEAVE)
        self._keep = redis.register_script(scripts.KEEP)
        self._stay = redis.register_script(scripts.STAY)
        self._drop = redis.register_script(scripts.DROP)

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
            caller.note(Quota("pictures", a_day, 0, DAY_S, told[0], "pictures"))
            raise _over("pictures_per_day", f"{a_day} pictures a day", told[0])
        granted, answers_left, pictures_left, day_ends_s = told
        if most_answers is not None:
            caller.note(_answers_left(most_answers, answers_left))
        if a_day is not None:
            caller.note(Quota("pictures", a_day, pictures_left, DAY_S, day_ends_s, "pictures"))
        return granted

    async def leave(self, tenant: str, answer: str) -> None:
        """An answer that was counted has not begun after all."""
        await self._leave(of_answers(tenant)[:2], [answer])

    async def keep(self, caller: Caller, blob: str, size: int, keep_s: float | None = None) -> None:
        """Count a blob as the caller's before it is kept for so long. Raises OverLimit."""
        most = caller.limits.bytes_kept
        for_ms = self._keep_ms if keep_s is None else round(keep_s * 1000)
        bounds = [-1 if most is None else most, for_ms, self._keep_ms]
        may, kept, reset_s = await self._keep(_kept(caller.tenant), [*bounds, blob, size])
        if most is None:
            return
        caller.note(_bytes_left(most, kept, reset_s))
        if not may:
            words = f"{most} bytes kept; {kept} are, and this would be {size} more"
            raise _over("bytes_kept", words, reset_s or RETRY_AFTER_S)

    async def charge(self, tenant: str, sizes: Mapping[str, int]) -> None:
        """Count blobs as a tenant's that are kept already."""
        pairs = [part for blob, size in sizes.items() for part in (blob, size)]
        if pairs:
            await self._keep(_kept(tenant), [-1, self._keep_ms, self._keep_ms, *pairs])

    async def stay(self, tenant: str, blobs: Iterable[str], keep_s: float | None = None) -> None:
        """Blobs of a tenant are kept for a full time anew, or for `keep_s`."""
        for_ms = self._keep_ms if keep_s is None else round(keep_s * 1000)
        await self._stay(_kept(tenant), [for_ms, *blobs])

    async def keep_no_more(self, tenant: str, blobs: Iterable[str]) -> None:
        """Blobs of a tenant are deleted."""
        await self._drop(_kept(tenant), [*blobs])

    async def check_kept(self, caller: Caller) -> None:
        """Refuse what would draw pictures where no byte more may be kept. Raises OverLimit."""
        most = caller.limits.bytes_kept
        if most is None:
            return
        kept, reset_s = await self._stay(_kept(caller.tenant), [self._keep_ms])
        caller.note(_bytes_left(most, kept, reset_s))
        if kept >= most:
            raise _over("bytes_kept", f"{most} bytes kept; {kept} are", reset_s or RETRY_AFTER_S)


def of_answers(tenant: str) -> list[str]:
    """The keys that tell of a tenant's answers and pictures."""
    return [f"quota:{{{tenant}}}:{name}" for name in ("answers", "promised", "pictures")]


def _kept(tenant: str) -> list[str]:
    return [f"kept:{{{tenant}}}", f"kept:{{{tenant}}}:bytes"]


def _answers_left(most: int, left: int) -> Quota:
    return Quota("answers", most, left, None, None, "concurrent-requests")


def _bytes_left(most: int, kept: int, reset_s: int) -> Quota:
    return Quota("bytes", most, max(most - kept, 0), None, reset_s, "content-bytes")


def _over(code: str, words: str, retry_after_s: float) -> OverLimit:
    return OverLimit(f"Your limit is {words}.", code=code, retry_after_s=retry_after_s)
