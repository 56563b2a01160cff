"""A plan that is gone on with: what there is of it already, and whoever writes the rest.

A planner that is lost in the middle loses nothing: the same one once it is back, or another, is given what was written and goes on from
there, so nothing is said twice. It knows the planner's language of parts, nothing of items or events of the answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, Protocol, Self

from gateway.answer.document import Document, Picture, Text
from planner_service.client import PlanRefused
from planner_service.wire import (
    LEAST_TOKENS_PER_PICTURE,
    CastTold,
    PicturePart,
    PlanDone,
    PlanEvent,
    PlanFailed,
    PlanRequest,
    PlanUsage,
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


Seen = Callable[[int], Awaitable[str | None]]
"""What a planner is shown of a slot's picture, in base64, once that has its outcome; None if it did not come."""


class Planner(Protocol):
    """Whoever plans."""

    def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        """Plan; raises before the first event if there will be none, and aborts the plan when closed."""
        ...


class WrittenPlan:
    """The whole pieces of a plan so far; a slot that was opened and not described is no part of it, but owed.

    White space that nothing has followed yet is held back, from readers too: whoever goes on may write it once more.
    """

    def __init__(self, plan: PlanRequest) -> None:
        self._plan = plan
        self._whole: list[TextPart | PicturePart] = []
        self._text: list[str] = []
        self._spent = PlanUsage(input_tokens=0, output_tokens=0)
        self._counted_parts = 0
        self._pauses = False
        self._held = ""
        self._changes_hands = False
        self.owes_slot = False

    @classmethod
    def of(cls, plan: PlanRequest, document: Document) -> Self:
        """What an answer's document says of its plan."""
        written = cls(plan)
        if document.cast is not None:
            written._settle(CastTold(figures=document.cast, style=document.style))
        for item in document.items:
            match item:
                case Text(text=text):
                    written._text.append(text)
                case Picture(planned_description=str(description)) if description:
                    size = f"{item.width_px}x{item.height_px}"
                    written._parts.append(
                        PicturePart(
                            id=item.id,
                            description=description,
                            references=item.wanted,
                            size=size if size in plan.sizes else None,
                        )
                    )
                case Picture(ended=False):
                    written.owes_slot = True
        return written

    def add(self, event: PlanEvent) -> PlanEvent:
        """The planner wrote more; its end is given back with what all stretches cost together, text without what is held back."""
        if isinstance(event, TextDelta):
            return self._add_text(event)
        if isinstance(event, SlotOpen | Slot | PlanDone):
            self._let_go()
            self.owes_slot = isinstance(event, SlotOpen) or (self.owes_slot and isinstance(event, PlanDone))
        match event:
            case CastTold():
                self._settle(event)
            case PlanDone(usage=usage):
                self._spent = added(self._spent, usage)
                self._counted_parts = len(self._parts)
                self._pauses = event.finish_reason == "picture"
                return event.model_copy(update={"usage": self._spent})
            case Slot() if event.description.strip():
                self._parts.append(
                    PicturePart(
                        id=f"img{self._plan.drawn_before + event.index + 1}",
                        description=event.description.strip(),
                        references=event.references,
                        size=event.size,
                    )
                )
        return event

    def _add_text(self, event: TextDelta) -> TextDelta:
        if self._changes_hands and event.text:
            self._changes_hands = False
            # It was shown none of what is held, so its own white space stands in its place.
            self._held = "" if event.text[0].isspace() else self._held
        text = self._held + event.text
        visible = text.rstrip()
        self._held = text[len(visible) :]
        if visible:
            self._text.append(visible)
        return event if visible == event.text else TextDelta(text=visible)

    def _let_go(self) -> None:
        """White space before a picture or at a stretch's end is written for good."""
        if self._held:
            self._text.append(self._held)
        self._held = ""

    def take_pause(self) -> bool:
        """Whether the planner waits to be asked to write on; it does so once."""
        pauses, self._pauses = self._pauses, False
        return pauses

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
        """What to ask a planner that goes on. White space at the end is left to it, as it writes words with the space before them.

        Readers see a slot that was opened, so that is asked for alone; what follows is asked for once it is described.
        """
        self._changes_hands = True
        parts = list(self._parts)
        if self.owes_slot:
            count = 1 + sum(isinstance(part, PicturePart) for part in parts)
            slot = {"mode": "image", "least_images": count, "most_images": count}
            # Readers see it opened, so it is described though the limit be passed.
            return self._going_on(parts, max(LEAST_TOKENS_PER_PICTURE, self._left(parts)), slot)
        if not parts:
            return self._plan
        if isinstance(parts[-1], TextPart):
            parts[-1] = TextPart(text=parts[-1].text.rstrip())
        return self._going_on(parts, self._left(parts), {})

    def _going_on(
        self, parts: list[TextPart | PicturePart], tokens: int, changes: dict[str, Any]
    ) -> PlanRequest:
        return self._plan.model_copy(update={"written": tuple(parts), "max_output_tokens": tokens, **changes})

    def _left(self, parts: list[TextPart | PicturePart]) -> int:
        """The tokens that are left, as far as anybody knows."""
        uncounted = parts[self._counted_parts :]
        chars = sum(len(part.text if isinstance(part, TextPart) else part.description) for part in uncounted)
        return max(1, self._plan.max_output_tokens - self._spent.output_tokens - chars // CHARS_PER_TOKEN)

    async def shown(self, seen: Seen | None) -> PlanRequest:
        """As `rest`, with the pictures in it where the planner is to see them: each is waited for."""
        rest = self.rest()
        if seen is None:
            return rest
        return rest.model_copy(
            update={"written": tuple([await self._shown(part, seen) for part in rest.written])}
        )

    async def _shown(self, part: TextPart | PicturePart, seen: Seen) -> TextPart | PicturePart:
        if isinstance(part, TextPart):
            return part
        data = await seen(int(part.id.removeprefix("img")) - self._plan.drawn_before - 1)
        return part if data is None else part.model_copy(update={"data": data})

    def _settle(self, told: CastTold) -> None:
        """Whoever goes on keeps to the looks that were settled."""
        self._plan = self._plan.model_copy(update={"cast": told.figures, "style": told.style})

    @property
    def _parts(self) -> list[TextPart | PicturePart]:
        """All of it; tokens are joined once somebody asks."""
        if self._text:
            text = "".join(self._text)
            if self._whole and isinstance(last := self._whole[-1], TextPart):
                self._whole[-1] = TextPart(text=last.text + text)
            else:
                self._whole.append(TextPart(text=text))
            self._text.clear()
        return self._whole


class Losses:
    """How often a plan lost its planner, and for how long nobody has gone on with it."""

    def __init__(self, clock: Callable[[], float], patience_s: float) -> None:
        self._clock, self._patience_s = clock, patience_s
        self._lost_at: float | None = None
        self.count = 0

    def end(self) -> None:
        """Somebody goes on."""
        self._lost_at = None

    def tell(self, error: Exception) -> None:
        """Why a planner was lost; one that refuses the rest would do so again."""
        if isinstance(error, PlanRefused):
            log.warning("no planner takes the rest of a plan", exc_info=error)
            self.count = MOST_LOSSES
        else:
            log.warning("planner lost, looking for another", exc_info=error)

    def are_too_many(self, *, has_written: bool) -> bool:
        """Count one more, of a planner that has written or has not."""
        self.count += has_written
        self._lost_at = self._clock() if self._lost_at is None else self._lost_at
        return self.count >= MOST_LOSSES or self._clock() - self._lost_at > self._patience_s


async def plan_through(
    planner: Planner,
    written: WrittenPlan,
    clock: Callable[[], float],
    patience_s: float,
    seen: Seen | None = None,
    *,
    is_begun: bool,
) -> AsyncGenerator[PlanEvent]:
    """The plan's events to its end, whoever writes them.

    Args:
        written: what there is of the plan; grows.
        patience_s: how long to look for somebody to go on.
        seen: what the planner is shown of each picture before it writes on, if anything.
        is_begun: the answer has begun already, so a planner that is away is waited for.

    Raises:
        Exception: whatever the planner raises before the first event of an answer that has not begun.
    """
    losses = Losses(clock, patience_s)
    while True:
        failed, has_written = PlanFailed(code="upstream_failed"), False
        is_slot_owed, is_slot_over = written.owes_slot, False
        try:
            async with aclosing(planner.plan(await written.shown(seen))) as events:
                async for event in events:
                    if isinstance(event, PlanFailed) and event.code in PASSING and is_begun:
                        failed = event
                        break
                    is_begun = has_written = True
                    losses.end()
                    event = written.add(event)
                    if is_slot_owed and not written.owes_slot and _is_whole(event):
                        is_slot_over = True
                        break
                    yield event
                    if is_end(event):
                        return
        except Exception as error:
            if not is_begun:
                raise
            losses.tell(error)
        if written.take_pause() or is_slot_over:
            continue
        if losses.are_too_many(has_written=has_written):
            yield failed
            return
        await asyncio.sleep(RETRY_S)


def is_end(event: PlanEvent) -> bool:
    """Whether nothing follows; a plan that pauses goes on."""
    return isinstance(event, PlanFailed) or _is_whole(event)


def _is_whole(event: PlanEvent) -> bool:
    return isinstance(event, PlanDone) and event.finish_reason != "picture"


def added(one: PlanUsage, other: PlanUsage) -> PlanUsage:
    """What two stretches of a plan cost together; each reads the prompt anew."""
    counts = other.model_dump()
    return PlanUsage(**{name: count + counts[name] for name, count in one.model_dump().items()})
