"""Whether an answer may begin: what its tenant may have, what the pool can draw in time, and room for the others.

Refusals are 429 where the tenant has had enough and 503 where all together have. What is checked without asking anybody comes first.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from gateway.answer import events as ev
from gateway.answer.errors import STORE_ERRORS, OverLimit
from gateway.answer.events import GatewayEvent, LastEvent
from gateway.answer.request import Request, Warned
from gateway.tenants.caller import Caller
from gateway.tenants.load import PoolLoad
from gateway.tenants.quotas import RETRY_AFTER_S, Quotas

log = logging.getLogger(__name__)

GREED: Final = 4
"""A tenant may be at as many answers here as this times what is free: at most four fifths of all, and there is room for whoever comes."""
_SHARE: Final = 0.1
"""What the newest answer counts in the average of pictures an answer."""


@dataclass(slots=True)
class _UnderWay:
    tenant: str
    load: PoolLoad
    pictures: float


class Admission:
    """The answers of one gateway process, of which there may be `most`; `has_tenants` if there can be more than one.

    `load_of` is the load of the pool that draws for a model, or, without one, of the usual.
    """

    def __init__(
        self, quotas: Quotas, load_of: Callable[[str | None], PoolLoad], most: int, *, has_tenants: bool
    ) -> None:
        self._quotas, self._load_of, self._most, self._has_tenants = quotas, load_of, most, has_tenants
        self._under_way: dict[str, _UnderWay] = {}
        self._usual_pictures = 0.0
        self._opened: Counter[str] = Counter()

    def check(self, caller: Caller, model: str | None) -> None:
        """Refuse before any work is done. Raises OverLimit and Overloaded."""
        own = sum(one.tenant == caller.tenant for one in self._under_way.values())
        if self._has_tenants and own > 0 and own >= GREED * (self._most - len(self._under_way)):
            words = f"You are at {own} answers here already, and the rest is for others."
            raise OverLimit(words, code="answers_at_once", retry_after_s=RETRY_AFTER_S)
        load = self._load_of(model)
        load.check_own(caller)
        load.check(self._promised(load), 1 if self._usual_pictures >= 0.5 else 0)

    async def admit(self, caller: Caller, request: Request) -> Request:
        """Count an answer as under way, until its last event or `leave`; gives the request as far as its tenant may have it.

        Raises:
            OverLimit, Overloaded: it may not be.
        """
        pictures = max(request.least_images, min(self._usual_pictures, request.most_images))
        load = self._load_of(request.model)
        load.check(self._promised(load), round(pictures))
        if request.most_images:
            await self._quotas.check_kept(caller)
        granted = await self._quotas.admit(caller, request.id, request.least_images, request.most_images)
        self._under_way[request.id] = _UnderWay(caller.tenant, load, pictures)
        return request if granted == request.most_images else _with_fewer(request, granted)

    async def leave(self, request: Request) -> None:
        """An answer that was admitted has not begun after all."""
        self._forget(request.id)
        try:
            await self._quotas.leave(request.tenant, request.id)
        except STORE_ERRORS:
            log.warning("can't take an answer back, it counts for a time", exc_info=True)

    def observe(self, request: Request, events: Iterable[GatewayEvent]) -> None:
        """Take note of what happened in an answer."""
        for event in events:
            under_way = self._under_way.get(request.id)
            if isinstance(event, ev.PictureQueued) and under_way is not None:
                under_way.pictures = max(0.0, under_way.pictures - 1)
            if isinstance(event, ev.PictureOpened):
                self._opened[request.id] += 1
            if isinstance(event, LastEvent):
                pictures = self._opened.pop(request.id, 0)
                self._usual_pictures += _SHARE * (pictures - self._usual_pictures)
                self._forget(request.id)

    def forget(self, request: Request) -> None:
        """An answer will not be heard of again here."""
        self._forget(request.id)

    def _promised(self, load: PoolLoad) -> float:
        return sum(one.pictures for one in self._under_way.values() if one.load is load)

    def _forget(self, id: str) -> None:
        self._under_way.pop(id, None)
        self._opened.pop(id, None)


def _with_fewer(request: Request, most_images: int) -> Request:
    words = f"Only {most_images} more pictures are left of your day; `most_images` is {most_images}."
    warned = Warned("most_images", words)
    return replace(request, most_images=most_images, warnings=(*request.warnings, warned))
