"""One attempt at a job as spans: how long it was in line, then each phase in this worker. Nothing is kept where traces are off."""

from __future__ import annotations

from typing import Literal

from telemetry import traces
from telemetry.traces import OFF
from visualizer_service.queue.consumer import Claim

Phase = Literal["fetch", "wait", "draw", "decode", "upload"]
"""References fetched; ready, and the engine has no room; first to last step, texts and references encoded before it; latents made a
picture; the picture encoded and stored.
"""


class AttemptTrace:
    """The spans of one claim, below the one that the job names; `claimed_at` is Unix time in seconds."""

    def __init__(self, claim: Claim, claimed_at: float) -> None:
        job = claim.job
        line = traces.begin("queue", job.traceparent, at=job.queued_at, job=job.id, attempt=claim.attempt)
        line.end(at=claimed_at)
        self._attempt = traces.begin(
            "attempt", job.traceparent, "consumer", at=claimed_at, job=job.id, attempt=claim.attempt
        )
        self._phase = OFF
        self.enter("fetch")

    def enter(self, phase: Phase) -> None:
        """One phase is over and the next begins."""
        self._phase.end()
        self._phase = self._attempt.child(phase)

    def end(self, error: str | None = None) -> None:
        """The attempt is over, for this reason if it failed; a second time changes nothing."""
        self._phase.end(error)
        self._attempt.end(error)
