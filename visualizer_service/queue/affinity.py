"""Which workers should draw a job rather than others: those that hold the work of its references, while they have room.

It knows heartbeats, nothing of the queue, which bounds how long a job waits for one of them (see `consumer`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from visualizer_service.wire import Job, WorkerInfo

MOST_TRIED: Final = 2
"""Beyond the best two, the whole pool is the better choice."""


def nearest(job: Job, workers: Iterable[WorkerInfo]) -> list[WorkerInfo]:
    """The workers that hold references of the job and could begin it now, best first."""
    wanted = set(job.references)
    held = [(len(wanted.intersection(worker.holds)), worker) for worker in workers]
    fitting = [
        (count, worker)
        for count, worker in held
        if count and not worker.draining and worker.active < worker.slots
    ]
    fitting.sort(key=lambda pair: (-pair[0], pair[1].active, pair[1].id))
    return [worker for _, worker in fitting[:MOST_TRIED]]
