"""What each tenant and key has used, by day; counted once for each answer, when it has ended.

usage:{TENANT}:DAY          hash: `KEY KIND`, how much; the day counted from 1970   TTL of 400 days
usage:{TENANT}:counted:ID   this answer was counted                                 TTL, longer than the answer is kept
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from redis.asyncio import Redis

from gateway.answer.document import Document
from gateway.answer.errors import STORE_ERRORS
from gateway.answer.request import Request
from gateway.answer.usage import AnswerUsage, blobs_of, usage_of
from gateway.tenants.quota_scripts import END
from gateway.tenants.quotas import Quotas, of_answers

KEPT_S: Final = 400 * 86400
"""A year and a month, so that a month can be held against the same of last year."""
_RETRY_S: Final = 1.0
_MOST_WAITING: Final = 10_000
KINDS: Final = ("answers", "input_tokens", "cached_tokens", "output_tokens", "pictures", "pixels", "gpu_ms")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Used:
    """What one key used on one day; `day` counts from 1970."""

    day: int
    key: str
    counts: dict[str, int] = field(default_factory=dict)


class Meter(Protocol):
    """Whoever tells operators."""

    def used(self, tenant: str, usage: AnswerUsage) -> None:
        """An answer has ended and took this."""
        ...


class UsageLedger:
    """Usage in Redis. Its `count` also says that the answer is under way no more, and charges the pictures that are kept.

    None is ended again `kept_s` seconds after it has: it is kept for less.
    """

    def __init__(self, redis: Redis, quotas: Quotas, kept_s: float) -> None:
        self._redis, self._quotas, self._kept_ms = redis, quotas, round(kept_s * 1000)
        self._end = redis.register_script(END)

    async def count(self, request: Request, document: Document) -> bool:
        """Count an answer that has ended; False if it was before."""
        tenant, used = request.tenant, usage_of(request, document)
        keys = [*of_answers(tenant), f"usage:{{{tenant}}}:counted:{request.id}", f"usage:{{{tenant}}}:"]
        counts = zip(KINDS, _counts(used), strict=True)
        fields = [part for kind, count in counts if count for part in (f"{request.key} {kind}", count)]
        is_new = await self._end(keys, [request.id, used.pictures, self._kept_ms, KEPT_S * 1000, *fields])
        await self._quotas.charge(tenant, request.id, blobs_of(document))
        return bool(is_new)

    async def of(self, tenant: str, days: Iterable[int]) -> Sequence[Used]:
        """What a tenant used on these days, by day and key."""
        wanted = tuple(days)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for day in wanted:
                pipeline.hgetall(f"usage:{{{tenant}}}:{day}")
            found: list[dict[bytes, bytes]] = await pipeline.execute()
        used: dict[tuple[int, str], Used] = {}
        for day, counts in zip(wanted, found, strict=True):
            for name, count in counts.items():
                key, _, kind = name.decode().rpartition(" ")
                used.setdefault((day, key), Used(day, key)).counts[kind] = int(count)
        return [used[place] for place in sorted(used)]


class Accounts:
    """Counts each answer of this process that has ended, as soon as the store takes it."""

    def __init__(self, ledger: UsageLedger, meter: Meter) -> None:
        self._ledger, self._meter = ledger, meter
        self._ended: asyncio.Queue[tuple[Request, Document]] = asyncio.Queue(_MOST_WAITING)

    def ended(self, request: Request, document: Document) -> None:
        """An answer has ended."""
        try:
            self._ended.put_nowait((request, document))
        except asyncio.QueueFull:
            log.error("too many answers wait to be counted, one is not", extra={"response": request.id})

    async def run(self) -> None:
        """Count for ever."""
        while True:
            request, document = await self._ended.get()
            await self._count(request, document)

    async def _count(self, request: Request, document: Document) -> None:
        while True:
            try:
                is_new = await self._ledger.count(request, document)
            except STORE_ERRORS:
                log.warning("can't count what an answer took, trying again", exc_info=True)
                await asyncio.sleep(_RETRY_S)
                continue
            if is_new:
                self._meter.used(request.tenant, usage_of(request, document))
            return


def _counts(used: AnswerUsage) -> tuple[int, ...]:
    tokens = (used.input_tokens, used.cached_tokens, used.output_tokens)
    return (1, *tokens, used.pictures, used.pixels, round(used.gpu_s * 1000))
