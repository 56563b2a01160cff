"""The request as the planner is to see it: with the pixels of its images where the planner can see.

It knows the conversation and the blobs. What is stored of a request never holds pixels.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Final, Protocol

from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Request
from planner_service.wire import ImagePart, Message, Part, PicturePart, PlannerModel, PlanRequest

# Clients' 0 means the likeliest word alone; engines want a share above it.
LEAST_TOP_P: Final = 1e-6
# Images that a planner is shown, as many as the planner service takes.
MOST_VIEWS: Final = 16


class Base64Store(Protocol):
    """Whoever keeps the images."""

    async def base64(self, blob_id: str) -> bytes | None:
        """Give the base64 of an image, or None if it is gone."""
        ...


async def plan_request(request: Request, planner: PlannerModel, blobs: Base64Store) -> PlanRequest:
    """What to ask the planner. An image that is gone is still named and described.

    Raises:
        InvalidRequest: the planner cannot see, and is to see what it draws.
    """
    if request.feedback == "inline" and not planner.sees_images:
        raise InvalidRequest("`feedback` is inline, but the planner here sees no images.", param="feedback")
    messages = request.messages
    if planner.sees_images:
        # The latest; of the others the description is read.
        kept = {picture.id: picture.blob for picture in request.pictures[-MOST_VIEWS:]}
        messages = tuple([await _shown(message, kept, blobs) for message in messages])
    return PlanRequest(
        id=request.id,
        messages=messages,
        mode=request.mode,
        least_images=request.least_images,
        most_images=request.most_images,
        sizes=request.sizes,
        drawn_before=request.drawn_before,
        max_output_tokens=request.max_output_tokens,
        temperature=request.temperature,
        top_p=None if request.top_p is None else max(request.top_p, LEAST_TOP_P),
        seed=request.draw.seed,
        # One picture has nobody to return.
        preamble=request.mode != "text" and request.most_images > 1,
        pauses=request.feedback == "inline" and request.mode != "text",
        cast=request.cast,
        style=request.style,
        **{one.name: getattr(request.sampling, one.name) for one in fields(request.sampling)},
    )


async def _shown(message: Message, kept: dict[str, str], blobs: Base64Store) -> Message:
    return message.model_copy(
        update={"content": tuple([await _seen(part, kept, blobs) for part in message.content])}
    )


async def _seen(part: Part, kept: dict[str, str], blobs: Base64Store) -> Part:
    if not isinstance(part, ImagePart | PicturePart) or part.id not in kept:
        return part
    data = await blobs.base64(kept[part.id])
    return part if data is None else part.model_copy(update={"data": data.decode("ascii")})
