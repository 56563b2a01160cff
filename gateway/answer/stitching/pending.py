"""One picture of an answer on its way: how far it is, what it becomes a job by, and what was heard of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.answer.events import Draft
from gateway.answer.references import Choice
from visualizer_service import wire
from visualizer_service.wire import Job


class Stage(Enum):
    """How far a picture is."""

    OPENED = auto()
    HELD = auto()
    QUEUED = auto()
    JUDGED = auto()
    ENDED = auto()


@dataclass(slots=True)
class PendingPicture:
    """One picture of the answer; `queued_at` is Unix time in seconds, `job` is there once it is queued, `blob` once it is drawn.

    `drawn` is what is to be judged, `drafts` what was. `attempt`, `step` and `previews` are what was heard of it last, for replies may come twice.
    """

    item: int
    slot: int
    id: str
    stage: Stage = Stage.OPENED
    description: str = ""
    width_px: int = 0
    height_px: int = 0
    choice: Choice = field(default_factory=Choice)
    queued_at: float = 0
    attempt: int = 0
    step: int = 0
    previews: set[str] = field(default_factory=set)
    job: Job | None = None
    blob: str | None = None
    look: str | None = None
    drawn: wire.Done | None = None
    drafts: list[Draft] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether it ended without a picture."""
        return self.stage is Stage.ENDED and self.blob is None

    def best(self) -> Draft:
        """The best of what was judged: the good before what nobody judged, that before the bad; of several, the later."""
        ranks = {True: 2, None: 1, False: 0}
        numbered = list(enumerate(self.drafts))
        return max(numbered, key=lambda one: (ranks[one[1].good], one[1].score or 0, one[0]))[1]
