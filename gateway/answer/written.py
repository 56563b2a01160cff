"""A plan that is gone on with: what there is of it already, and whoever writes the rest.

A planner that is lost in the middle loses nothing: the same one once it is back, or another, is given what was written and goes on from
there, so nothing is said twice. It knows the planner's language of parts, nothing of items or events of the answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Protocol, Self

from gateway.answer.document import Document, Picture, Text
from planner_service.client import PlanRefused
from planner_service.wire import (
    CastTold,
    PicturePart,
    PlanDone,
    PlanEvent,
    PlanFailed,
    PlanRequest,
    Slot,
    SlotOpen,
    TextDelta,
    TextPart,
)

log = logging.getLogger(__name__)

PASSING: Final = ("engine_failed", "upstream_failed", "shutting_down")
"""Failures of a planner, not of its plan."""
MOST_LOSSES: Final = 5
"""A plan that ends its planner each time is not tried for ever."""
RETRY_S: Final = 0.25
CHARS_PER_TOKEN: Final = 4
"""Of English text, roughly: what was written by a planner that is lost was not counted by anybody."""


class Planner(Protocol):
    """Whoever plans."""

    def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        """Plan; raises before the first event if there will be none, and aborts the plan when closed."""
        ...


class WrittenPlan:
    """The whole pieces of a plan so far; a slot that was opened and not described is no part of it."""

    def __init__(self, plan: PlanRequest) -> None:
        self._plan = plan
        self._parts: list[TextPart | PicturePart] = []

    @classmethod
    def of(cls, plan: PlanRequest, document: Document) -> Self:
        """What an answer's document says of its plan."""
        written = cls(plan)
        if document.cast is not None:
            written._settle(CastTold(figures=document.cast, style=document.style))
        for item in document.items:
            match item:
                case Text(text=text):
                    written._add_text(text)
                case Picture(description=str(description)) if description:
                    size = f"{item.width_px}x{item.height_px}"
                    written._parts.append(
                        PicturePart(
                            id=item.id,
                            description=description,
                            references=item.wanted,
                            size=size if size in plan.sizes else None,
                        )
                    )
        return written

    def add(self, event: PlanEvent) -> None:
        """The planner wrote more."""
        match event:
            case TextDelta(text=text):
                self._add_text(text)
            case CastTold():
                self._settle(event)
            case Slot() if event.description.strip():
                self._parts.append(
                    PicturePart(
                        id=f"img{self._plan.drawn_before + event.index + 1}",
                        description=event.description.strip(),
                        references=event.references,
                        size=event.size,
                    )
                )

    def events(self) -> list[PlanEvent]:
        """What the planner said, as far as it is part of the plan."""
        events: list[PlanEvent] = []
        for part in self._parts:
            if isinstance(part, TextPart):
                events.append(TextDelta(text=part.text))
            else:
                index = int(part.id.removeprefix("img")) - self._plan.drawn_before - 1
                events += [SlotOpen(index=index), Slot(index=index, description=part.description)]
        return events

    def rest(self) -> PlanRequest:
        """What to ask a planner that goes on. White space at the end is left to it, as it writes words with the space before them."""
        if not self._parts:
            return self._plan
        parts = list(self._parts)
        if isinstance(parts[-1], TextPart):
            parts[-1] = TextPart(text=parts[-1].text.rstrip())
        chars = sum(len(part.text if isinstance(part, TextPart) else part.description) for part in parts)
        left = max(1, self._plan.max_output_tokens - chars // CHARS_PER_TOKEN)
        return self._plan.model_copy(update={"written": tuple(parts), "max_output_tokens": left})

    def _settle(self, told: CastTold) -> None:
        """Whoever goes on keeps to the looks that were settled."""
        self._plan = self._plan.model_copy(update={"cast": told.figures, "style": told.style})

    def _add_text(self, text: str) -> None:
        if self._parts and isinstance(self._parts[-1], TextPart):
            self._parts[-1] = TextPart(text=self._parts[-1].text + text)
        else:
            self._parts.append(TextPart(text=text))


async def plan_through(
    planner: Planner, written: WrittenPlan, clock: Callable[[], float], patience_s: float, *, is_begun: bool
) -> AsyncGenerator[PlanEvent]:
    """The plan's events to its end, whoever writes them.

    Args:
        written: what there is of the plan; grows.
        patience_s: how long to look for somebody to go on.
        is_begun: the answer has begun already, so a planner that is away is waited for.

    Raises:
        Exception: whatever the planner raises before the first event of an answer that has not begun.
    """
    lost_at: float | None = None
    losses = 0
    while True:
        failed, has_written = PlanFailed(code="upstream_failed"), False
        try:
            async with aclosing(planner.plan(written.rest())) as events:
                async for event in events:
                    if isinstance(event, PlanFailed) and event.code in PASSING and is_begun:
                        failed = event
                        break
                    is_begun, has_written, lost_at = True, True, None
                    written.add(event)
                    yield event
                    if isinstance(event, PlanDone | PlanFailed):
                        return
        except PlanRefused:
            if not is_begun:
                raise
            log.warning("no planner takes the rest of a plan", exc_info=True)
            losses = MOST_LOSSES
        except Exception:
            if not is_begun:
                raise
            log.warning("planner lost, looking for another", exc_info=True)
        losses += has_written
        lost_at = clock() if lost_at is None else lost_at
        if losses >= MOST_LOSSES or clock() - lost_at > patience_s:
            yield failed
            return
        await asyncio.sleep(RETRY_S)
