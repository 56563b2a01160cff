"""From a claimed job to a task for the engine: its references fetched and decoded, its wishes held against the model's limits.

It knows nothing of the queue.
"""

from __future__ import annotations

import asyncio
import logging

from visualizer_service.blobs.blobs import Blobs
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.errors import BlobsUnavailable
from visualizer_service.wire import Failed, Job, Limits
from visualizer_service.worker.pictures import decode

log = logging.getLogger(__name__)

REJECTED = Failed(code="rejected")
REFERENCE_MISSING = Failed(code="reference_missing")
PICTURES_UNAVAILABLE = Failed(code="pictures_unavailable")


async def prepare(task_id: str, job: Job, blobs: Blobs, limits: Limits) -> Task | Failed:
    """Make the task that draws a job, or say why it can't be drawn here."""
    if not _allows(limits, job):
        return REJECTED
    try:
        found = await asyncio.gather(*(blobs.get(blob_id) for blob_id in job.references))
    except BlobsUnavailable:
        log.warning("can't read a reference", exc_info=True)
        return PICTURES_UNAVAILABLE
    pixels = [blob.data for blob in found if blob is not None]
    if len(pixels) < len(found):
        return REFERENCE_MISSING
    try:
        images = [await asyncio.to_thread(decode, data) for data in pixels]
    except ValueError:
        return REJECTED
    return Task(
        id=task_id,
        description=job.description,
        references=tuple(map(Reference, job.references, images)),
        width_px=job.width_px,
        height_px=job.height_px,
        seed=job.seed,
        steps=job.steps or limits.default_steps,
        previews=job.previews,
        deadline=job.deadline,
        adapter=job.adapter,
    )


def _allows(limits: Limits, job: Job) -> bool:
    sides = (job.width_px, job.height_px)
    if limits.sizes:
        size_fits = sides in limits.sizes
    else:
        size_fits = all(
            side % limits.multiple_px == 0 and limits.least_side_px <= side <= limits.most_side_px
            for side in sides
        )
    steps_fit = job.steps is None or limits.least_steps <= job.steps <= limits.most_steps
    adapter_fits = job.adapter is None or job.adapter in limits.adapters
    return size_fits and steps_fit and adapter_fits and len(job.references) <= limits.most_references
