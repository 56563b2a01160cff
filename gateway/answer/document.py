"""What a response amounts to: a document of text and pictures in order. It knows nothing of ledgers or dialects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from gateway.answer.events import Draft, FinalState, Flaw, Outcome, ReferenceUsed
from planner_service.wire import Figure, PlanUsage
from visualizer_service.wire import Timings

DocumentState = Literal["in_progress", FinalState]
PictureState = Literal["opened", "described", "queued", "drawing", Outcome]


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text; `done` once no more will be added."""

    item: int
    text: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Thought:
    """What the planner thought before it wrote; `done` once no more will be added."""

    item: int
    text: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; what is not known yet is None. All `_at` are Unix times in seconds, as seen by the gateway.

    `drafts` are what the critic judged, in order; one of them is shown. `closed_at` is when its description was complete, `delivered_at` when its outcome reached the answer. `code` says why it failed, `message` in words where
    the code does not say it all. `gpu_s` is what its last attempt took of a device, `gpu_before_s` those before it.
    """

    item: int
    slot: int
    id: str
    opened_at: float
    state: PictureState = "opened"
    description: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    seed: int | None = None
    wanted: tuple[str, ...] = ()
    references: tuple[ReferenceUsed, ...] = ()
    missing: tuple[str, ...] = ()
    attempt: int = 0
    step: int = 0
    of: int = 0
    previews: tuple[str, ...] = ()
    blob: str | None = None
    media_type: str | None = None
    steps: int | None = None
    model: str | None = None
    worker: str | None = None
    simulated: bool = False
    look: str | None = None
    panels: bool = False
    flaws: tuple[Flaw, ...] = ()
    drafts: tuple[Draft, ...] = ()
    timings: Timings | None = None
    bytes: int | None = None
    gpu_s: float = 0.0
    gpu_before_s: float = 0.0
    code: str | None = None
    message: str | None = None
    closed_at: float | None = None
    queued_at: float | None = None
    started_at: float | None = None
    delivered_at: float | None = None

    @property
    def ended(self) -> bool:
        """Whether it has its outcome."""
        return self.state in get_args(Outcome)

    @property
    def planned_description(self) -> str | None:
        """As the planner wrote it, whatever it was drawn from in the end."""
        return self.drafts[0].description if self.drafts else self.description


Item = Text | Thought | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A response so far; `items[n]` is item n. `error_code` and `error_message` say why it failed.

    `plan_waited_s` is how long the planner waited to see pictures. `cast` and `style` are what the planner or the client settled; None before anything was told.
    """

    state: DocumentState = "in_progress"
    items: tuple[Item, ...] = ()
    finish_reason: str | None = None
    usage: PlanUsage | None = None
    error_code: str | None = None
    error_message: str | None = None
    started_at: float | None = None
    plan_started_at: float | None = None
    plan_ended_at: float | None = None
    ended_at: float | None = None
    plan_paused_at: float | None = None
    plan_waited_s: float = 0.0
    cast: tuple[Figure, ...] | None = None
    style: str | None = None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures, in order."""
        return tuple(item for item in self.items if isinstance(item, Picture))
