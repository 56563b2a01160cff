"""What an answer took, however it ended; made from a folded document alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.answer.document import Document, Picture
from gateway.answer.request import Request
from planner_service.wire import PlanUsage, TextPart

CHARS_PER_TOKEN: Final = 4
"""Of English text, roughly: the tokens of a plan that was broken off were told by nobody."""


@dataclass(frozen=True, slots=True)
class AnswerUsage:
    """Tokens of the plan, estimated from its characters if it was broken off; pictures drawn, their pixels and bytes; what devices
    spent on all pictures, drawn or not.
    """

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    is_estimated: bool
    pictures: int
    pixels: int
    gpu_s: float


def usage_of(request: Request, document: Document) -> AnswerUsage:
    """What an answer took so far."""
    tokens = document.usage or _estimated(request, document)
    done = [picture for picture in document.pictures if picture.blob]
    return AnswerUsage(
        input_tokens=tokens.input_tokens,
        cached_tokens=tokens.cached_tokens,
        output_tokens=tokens.output_tokens,
        reasoning_tokens=tokens.reasoning_tokens,
        is_estimated=document.usage is None,
        pictures=len(done),
        pixels=sum((picture.width_px or 0) * (picture.height_px or 0) for picture in done),
        gpu_s=round(sum(map(gpu_s, document.pictures)), 3),
    )


def gpu_s(picture: Picture) -> float:
    """Device time of a picture, all attempts; of a worker that does not tell, how long it was at the picture."""
    if picture.gpu_s or picture.gpu_before_s or picture.timings is None:
        return picture.gpu_s + picture.gpu_before_s
    return max(0.0, picture.timings.done_at - picture.timings.started_at)


def blobs_of(document: Document) -> dict[str, int]:
    """The pictures drawn, with their sizes in bytes as far as they are known."""
    return {
        picture.blob: picture.bytes
        for picture in document.pictures
        if picture.blob and picture.bytes is not None
    }


def _estimated(request: Request, document: Document) -> PlanUsage:
    if not request.planned:
        return PlanUsage(input_tokens=0, output_tokens=0)
    asked = sum(
        len(part.text)
        for message in request.messages
        for part in message.content
        if isinstance(part, TextPart)
    )
    written = sum(
        len(item.description or "") if isinstance(item, Picture) else len(item.text)
        for item in document.items
    )
    return PlanUsage(input_tokens=_tokens(asked), output_tokens=_tokens(written))


def _tokens(chars: int) -> int:
    return -(-chars // CHARS_PER_TOKEN)
