"""What one request's plan may say: how many slots, which pictures each may name, which sizes.

It knows the request, and neither how the language is written (`grammar`) nor how it is read (`segmenter`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner_service.errors import PlanRefused
from planner_service.wire import ImagePart, PicturePart, PlanRequest

TAG = "imagine"

MOST_REFERENCES = 4
"""Pictures that one slot may name: beyond four they do more harm than help."""


@dataclass(frozen=True, slots=True)
class Language:
    """The bounds of one plan. `known` are the pictures that exist before it, the answer's first is the one after `drawn_before`.

    With `ends_at_more` the text after the last slot may end with one more opening tag, which is no slot: the planner says that it is done with
    that text and would draw.
    """

    least: int
    most: int
    has_text: bool = True
    known: tuple[str, ...] = ()
    drawn_before: int = 0
    sizes: tuple[str, ...] = ()
    ends_at_more: bool = False

    def drawn(self, slot: int) -> str:
        """The name of this answer's slot, counted from 0."""
        return f"img{self.drawn_before + slot + 1}"

    def nameable(self, slot: int) -> tuple[str, ...]:
        """The pictures that a slot may name: those known and the answer's slots before it."""
        return (*self.known, *(self.drawn(earlier) for earlier in range(slot)))

    def after(self, slots: int) -> Language:
        """The bounds of what is left once that many slots are written."""
        return replace(
            self,
            least=max(0, self.least - slots),
            most=max(0, self.most - slots),
            known=self.nameable(slots),
            drawn_before=self.drawn_before + slots,
        )


def language_of(request: PlanRequest) -> Language:
    """Read a request's language.

    `image` without a least count means exactly one slot; `interleaved` means at least one.

    Raises:
        PlanRefused: the counts contradict each other or the mode.
    """
    least, most = _counts(request)
    if least > most:
        raise PlanRefused(
            f"most_images is {request.most_images}, but mode {request.mode!r} needs at least {least}"
        )
    written = sum(isinstance(part, PicturePart) for part in request.written)
    if written > most:
        raise PlanRefused(f"written: it holds {written} pictures, more than the {most} of most_images")
    inputs, drawn = _known(request)
    return Language(
        least=least,
        most=most,
        has_text=request.mode != "image",
        known=(*(f"in{n}" for n in inputs), *(f"img{n}" for n in drawn)),
        drawn_before=max([request.drawn_before, *drawn]),
        sizes=tuple(dict.fromkeys(request.sizes)),
    )


def _counts(request: PlanRequest) -> tuple[int, int]:
    match request.mode:
        case "auto":
            return request.least_images, request.most_images
        case "text":
            return 0, 0
        case "interleaved":
            return max(1, request.least_images), request.most_images
        case "image":
            if request.least_images:
                return request.least_images, request.most_images
            return 1, min(1, request.most_images)


def _known(request: PlanRequest) -> tuple[list[int], list[int]]:
    names = {
        part.id
        for message in request.messages
        for part in message.content
        if isinstance(part, ImagePart | PicturePart)
    }
    inputs = sorted(int(name[2:]) for name in names if name.startswith("in"))
    drawn = sorted(int(name[3:]) for name in names if name.startswith("img"))
    return inputs, drawn
