"""The job that a described picture becomes."""

from __future__ import annotations

import hashlib
from typing import Final

from gateway.answer.events import ReferenceUsed
from gateway.answer.request import MOST_SEED, Request
from gateway.answer.sizes import size_px
from gateway.answer.stitching.legend import with_legend
from gateway.answer.stitching.pending import PendingPicture
from planner_service.wire import Slot
from visualizer_service.wire import Job

MOST_SLOTS: Final = 64
"""Of an answer; see `Settings.most_images`."""


def job_of(
    request: Request,
    picture: PendingPicture,
    used: tuple[tuple[ReferenceUsed, str | None], ...],
    *,
    cites: str | None,
    replies_to: str,
    at: float,
) -> Job:
    """What the queue gets: `used` are its references, each with its description if it has one; queued at Unix time `at`."""
    draw = request.draw
    references = tuple(reference.blob for reference, _ in used)
    named = [(reference.id, described) for reference, described in used]
    return Job(
        id=f"{request.id}-{picture.slot}-{_digest(picture, references)}",
        response=request.id,
        slot=picture.slot,
        description=with_legend(picture.description, named, cites),
        references=references,
        width_px=picture.width_px,
        height_px=picture.height_px,
        seed=seed_of(request, picture),
        steps=draw.steps,
        adapter=draw.adapter,
        previews=draw.previews,
        output_format=draw.output_format,
        output_compression=draw.output_compression,
        job_class=draw.job_class,
        tenant=request.tenant,
        share=request.share,
        queued_at=at,
        deadline=at + draw.job_timeout_s,
        keep_s=draw.keep_s,
        reply_to=replies_to,
    )


def seed_of(request: Request, picture: PendingPicture) -> int:
    """The request's seed plus the slot's index, so that pictures differ and each can be drawn again by itself.

    What is drawn anew because it was wrong has a seed that no slot has.
    """
    redraws = MOST_SLOTS * len(picture.drafts)
    return (request.draw.seed + picture.slot + redraws) % (MOST_SEED + 1)


def size_of(request: Request, slot: Slot) -> tuple[int, int]:
    """What the planner wrote if it was offered, else the request's size; in pixels."""
    if slot.size is None or slot.size not in request.sizes:
        return request.draw.width_px, request.draw.height_px
    return size_px(slot.size)


def _digest(picture: PendingPicture, references: tuple[str, ...]) -> str:
    """Tells jobs for one slot apart: a planner that goes on may describe it in other words than the one that was lost."""
    drawn = (picture.description, picture.width_px, picture.height_px, references, *map(str, picture.drafts))
    return hashlib.sha256(repr(drawn).encode()).hexdigest()[:12]
