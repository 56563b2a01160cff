"""The gateway's internal events: what happened in a response, in an order that every reader sees alike.

`stitch` yields them, the ledger numbers and keeps them, each dialect turns them into its own wire form. Items are counted from 0
and rise: a run of text and a picture are items, in the planner's order. Pictures finish in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from planner_service.wire import Figure, PlanUsage
from visualizer_service.wire import BlobId, Done, Timings

FinalState = Literal["completed", "incomplete", "failed", "cancelled"]
"""How a response ends."""
Outcome = Literal["done", "failed", "cancelled"]
"""How a picture ends."""
ChosenBy = Literal["client", "planner", "policy"]
"""Who wanted a reference."""


class Event(BaseModel):
    """An immutable event; `at` is Unix time in seconds.

    A ledger may hold events that a gateway of another version wrote: fields that are not known here are passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: float


class ResponseStarted(Event):
    """The first event of every response."""

    type: Literal["response_started"] = "response_started"


class TextStarted(Event):
    """A run of text begins."""

    type: Literal["text_started"] = "text_started"
    item: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """More text of the open run; as `Event`. There is one for each token, and as a model it would take four times the memory."""

    at: float
    type: Literal["text_delta"] = "text_delta"
    item: int
    text: str


class TextDone(Event):
    """The run of text is complete."""

    type: Literal["text_done"] = "text_done"
    item: int
    text: str


class ThoughtStarted(Event):
    """The planner begins to think; its thoughts are an item of their own, and no part of the text."""

    type: Literal["thought_started"] = "thought_started"
    item: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThoughtDelta:
    """More of the open thoughts; as `TextDelta`."""

    at: float
    type: Literal["thought_delta"] = "thought_delta"
    item: int
    text: str


class ThoughtDone(Event):
    """The thoughts are complete."""

    type: Literal["thought_done"] = "thought_done"
    item: int
    text: str


class CastTold(Event):
    """Whoever returns in the answer's pictures, and the one style of all; it comes before the first text."""

    type: Literal["cast_told"] = "cast_told"
    figures: tuple[Figure, ...] = ()
    style: str | None = None


class PictureOpened(Event):
    """The planner has begun to describe a picture; `id` is its name in the conversation (`img3`)."""

    type: Literal["picture_opened"] = "picture_opened"
    item: int
    slot: int
    id: str


class ReferenceUsed(BaseModel):
    """A reference that guides a picture, and who chose it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    blob: BlobId
    chosen_by: ChosenBy


class PictureDescribed(Event):
    """The description is complete; the job follows as soon as its references exist. `wanted` are those that the planner wrote."""

    type: Literal["picture_described"] = "picture_described"
    item: int
    description: str
    width_px: int
    height_px: int
    seed: int
    wanted: tuple[str, ...] = ()


class PictureQueued(Event):
    """The job is in the queue. `missing` are references that could not be had, so the picture is drawn without them."""

    type: Literal["picture_queued"] = "picture_queued"
    item: int
    references: tuple[ReferenceUsed, ...] = ()
    missing: tuple[str, ...] = ()


class PictureStarted(Event):
    """A worker draws; a second `PictureStarted` means that the first attempt's worker was lost."""

    type: Literal["picture_started"] = "picture_started"
    item: int
    attempt: int
    worker: str


class PictureProgress(Event):
    """`step` of `of` steps are done; `gpu_s` is what this attempt took of its device so far, in seconds, if that is known."""

    type: Literal["picture_progress"] = "picture_progress"
    item: int
    step: int
    of: int
    gpu_s: float | None = None


class PicturePreview(Event):
    """A rough look at the picture so far."""

    type: Literal["picture_preview"] = "picture_preview"
    item: int
    index: int
    blob: BlobId


class Flaw(BaseModel):
    """What is wrong with a picture by its looks alone; `like` names the earlier picture that it repeats."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: Literal["repeated", "collage"]
    like: str | None = None


class Draft(BaseModel):
    """A picture as it was drawn and judged; `good` is None where the critic was not heard, and `wrong` says why.

    `took_s` is how long judging held it up.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    description: str
    drawn: Done
    flaws: tuple[Flaw, ...] = ()
    good: bool | None = None
    wrong: str | None = None
    score: float | None = None
    took_s: float = 0.0


class PictureJudged(Event):
    """The critic has looked at a picture, or could not."""

    type: Literal["picture_judged"] = "picture_judged"
    item: int
    draft: Draft


class PictureRedrawn(Event):
    """A picture that was judged wrong is to be drawn again, from this description and seed; it is queued anew."""

    type: Literal["picture_redrawn"] = "picture_redrawn"
    item: int
    description: str
    seed: int


class PictureDone(Event):
    """The picture is there; one of the three ends of a picture."""

    state: ClassVar[Outcome] = "done"
    type: Literal["picture_done"] = "picture_done"
    item: int
    blob: BlobId
    media_type: str
    width_px: int
    height_px: int
    steps: int
    model: str
    worker: str
    simulated: bool
    look: str | None = None
    panels: bool = False
    flaws: tuple[Flaw, ...] = ()
    timings: Timings
    bytes: int | None = None
    gpu_s: float | None = None


class PictureFailed(Event):
    """The picture will not come; the text stands. `message` says more than the code where it names a limit or a cause."""

    state: ClassVar[Outcome] = "failed"
    type: Literal["picture_failed"] = "picture_failed"
    item: int
    code: str
    message: str | None = None
    gpu_s: float | None = None


class PictureCancelled(Event):
    """The response was cancelled before the picture was done."""

    state: ClassVar[Outcome] = "cancelled"
    type: Literal["picture_cancelled"] = "picture_cancelled"
    item: int
    gpu_s: float | None = None


class PlanStarted(Event):
    """The planner was asked."""

    type: Literal["plan_started"] = "plan_started"


class PlanPaused(Event):
    """The planner waits for the picture that it has described, to see it before it writes on."""

    type: Literal["plan_paused"] = "plan_paused"


class PlanResumed(Event):
    """It writes on."""

    type: Literal["plan_resumed"] = "plan_resumed"


class PlanEnded(Event):
    """The plan is complete; pictures may still be on their way."""

    type: Literal["plan_ended"] = "plan_ended"
    finish_reason: Literal["stop", "length"]
    usage: PlanUsage


class ResponseCompleted(Event):
    """One of the four last events: every item has its outcome."""

    state: ClassVar[FinalState] = "completed"
    type: Literal["response_completed"] = "response_completed"


class ResponseIncomplete(Event):
    """The plan was cut at its token limit, or at its event budget (`gateway/answer/event_budget.py`); what there is, is complete."""

    state: ClassVar[FinalState] = "incomplete"
    type: Literal["response_incomplete"] = "response_incomplete"


class ResponseFailed(Event):
    """The response could not be finished; what came before stands."""

    state: ClassVar[FinalState] = "failed"
    type: Literal["response_failed"] = "response_failed"
    code: str
    message: str


class ResponseCancelled(Event):
    """Somebody cancelled, or the last reader left a foreground response."""

    state: ClassVar[FinalState] = "cancelled"
    type: Literal["response_cancelled"] = "response_cancelled"


class Unknown(Event):
    """An event of another release, or one that cannot be read: it keeps its number and changes nothing."""

    type: Literal["unknown"] = "unknown"


LastEvent = ResponseCompleted | ResponseIncomplete | ResponseFailed | ResponseCancelled
DELTAS: Final = (TextDelta, ThoughtDelta)
"""Words; most events are."""
GatewayEvent = Annotated[
    ResponseStarted
    | PlanStarted
    | TextStarted
    | TextDelta
    | TextDone
    | ThoughtStarted
    | ThoughtDelta
    | ThoughtDone
    | CastTold
    | PictureOpened
    | PictureDescribed
    | PictureQueued
    | PictureStarted
    | PictureProgress
    | PicturePreview
    | PictureJudged
    | PictureRedrawn
    | PictureDone
    | PictureFailed
    | PictureCancelled
    | PlanPaused
    | PlanResumed
    | PlanEnded
    | Unknown
    | LastEvent,
    Field(discriminator="type"),
]
GATEWAY_EVENT: TypeAdapter[GatewayEvent] = TypeAdapter(GatewayEvent)
