"""What can go wrong in the visualizer, by who must act.

    VisualizerError
    ├── QueueFull        the submitter: the pool's backlog is at its limit, try later
    ├── BlobsUnavailable the caller: the store of pictures is away, one picture fails for it
    └── DeviceLost       the supervisor: the engine died, the process ends and must be started again

A job that can't be drawn is no exception but a `Failed` reply.
"""

from __future__ import annotations


class VisualizerError(Exception):
    """Base of all of them."""


class QueueFull(VisualizerError):
    """The pool's backlog is at its limit; nothing was queued."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the pool already has {limit} jobs waiting")
        self.limit = limit


class DeviceLost(VisualizerError):
    """The engine raised out of a step or never came back from it; what it was drawing goes to other workers."""


class BlobsUnavailable(VisualizerError, OSError):
    """The store of pictures failed, or did not answer, through all tries."""
