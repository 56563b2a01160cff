"""How much there may be in an answer whose pictures are delivered as links, so that no event of its stream exceeds 64 KB.

The last event repeats the whole answer. So texts and descriptions have a budget of their own in it, and what is repeated of the
request has another. All lengths are those of JSON in ASCII, which is what is sent. It knows nothing of any dialect.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import accumulate

from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Request
from planner_service.wire import CastTold, PlanDone, PlanEvent, ReasoningDelta, Slot, SlotOpen, TextDelta

EVENT_BYTES = 64 * 1024
# Longer ones are not repeated.
INSTRUCTIONS_BYTES = 4096
METADATA_BYTES = 4096
# The rest of a response object, its usage and its first message included.
HEAD_BYTES = 2048
PARTS_BYTES = EVENT_BYTES - INSTRUCTIONS_BYTES - METADATA_BYTES - HEAD_BYTES
# What is said of a picture beside its description, and of the message after it beside its text.
PICTURE_BYTES = 2048
# Thoughts beyond it are not told, so that the answer has the rest.
THOUGHTS_BYTES = 8192
# Of what is told of each draft of a picture that a critic judges: its description, what is wrong with it, and the rest.
DRAFT_TEXT_BYTES = 300
DRAFT_BYTES = 2 * DRAFT_TEXT_BYTES + 200
# Of the description that a critic may put in the place of the planner's.
BETTER_BYTES = 2000
# A picture's description is its `revised_prompt`, too.
TIMES_DESCRIBED = 2

_ENCODER = json.JSONEncoder(separators=(",", ":"))


class EventBudget:
    """The budget of one answer: what a plan says, as far as it fits. Once something did not fit, nothing more does."""

    def __init__(self, request: Request) -> None:
        told = [asdict(warned) for warned in request.warnings]
        told += [figure.model_dump() for figure in request.cast]
        bounded = request.delivery == "url"
        self._left = PARTS_BYTES - _length(told) if bounded else float("inf")
        self._thoughts_left = THOUGHTS_BYTES if bounded and request.thoughts != "never" else float("inf")
        if bounded and request.thoughts != "never":
            self._left -= THOUGHTS_BYTES
        self._drafts = request.most_redraws + 1 if request.feedback == "critic" else 0
        self._full = False

    def fitted(self, event: PlanEvent) -> PlanEvent | None:
        """What fits of the plan's next event; the end of a plan that did not fit is one that was cut."""
        match event:
            case TextDelta(text=text):
                if self._full:
                    return None
                return event if self._take(_length(text)) else TextDelta(text=beginning(text, self._left))
            case ReasoningDelta(text=text):
                self._thoughts_left -= _length(text)
                return event if self._thoughts_left >= 0 else None
            case CastTold():
                return event if self._take(_length(event.model_dump())) else None
            case SlotOpen():
                return event if self._take(PICTURE_BYTES + DRAFT_BYTES * self._drafts) else None
            case Slot(description=description):
                longest = max(_length(description), BETTER_BYTES if self._drafts else 0)
                return event if self._take(TIMES_DESCRIBED * longest) else None
            case PlanDone() if self._full:
                return event.model_copy(update={"finish_reason": "length"})
        return event

    def _take(self, count: int) -> bool:
        self._full = self._full or count > self._left
        if not self._full:
            self._left -= count
        return not self._full


def beginning(text: str, most_bytes: float) -> str:
    """As much of a text as has so many bytes in JSON."""
    return text[: sum(end <= most_bytes for end in accumulate(map(_length, text)))]


def instructions_repeated(request: Request) -> str | None:
    """The instructions, where they are short enough to be repeated."""
    too_long = request.delivery == "url" and _length(request.instructions) > INSTRUCTIONS_BYTES
    return None if too_long else request.instructions


def check_metadata(request: Request) -> None:
    """Refuse metadata too long to be repeated in one event. Raises InvalidRequest."""
    if request.delivery == "url":
        _check(_length(request.metadata), METADATA_BYTES, "metadata")


def check_verbatim_prompt(request: Request, prompt: str) -> None:
    """Refuse a prompt too long to be repeated as the description of every picture, if it is to be. Raises InvalidRequest."""
    if request.delivery == "url" and not request.planned:
        most = (PARTS_BYTES // request.least_images - PICTURE_BYTES) // TIMES_DESCRIBED
        _check(_length(prompt), most, "prompt")


def _length(value: object) -> int:
    """Bytes in JSON, without the quotes around a text."""
    return len(_ENCODER.encode(value)) - 2


def _check(count: int, most: int, param: str) -> None:
    if count > most:
        raise InvalidRequest(
            f"`{param}` holds {count} bytes of JSON; at most {most} are taken where pictures are delivered as links.",
            param=param,
        )
