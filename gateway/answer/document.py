"""A response's events folded into what it amounts to: a document of text and pictures in order.

It knows nothing of ledgers or dialects. Every prefix of a response's events folds to a document, and to the events that would end it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from typing import Any, Literal, get_args

from gateway.answer import events as ev
from gateway.answer.events import (
    Draft,
    FinalState,
    Flaw,
    GatewayEvent,
    LastEvent,
    Outcome,
    ReferenceUsed,
    ResponseCancelled,
    ResponseFailed,
)
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


def fold(events: Iterable[GatewayEvent], document: Document = Document()) -> Document:
    """The document with these events, in order; without a document, they begin with the response's first."""
    return reduce(apply, _merged(events), document)


def _merged(events: Iterable[GatewayEvent]) -> Iterator[GatewayEvent]:
    """The same, of more text or thoughts on end one event: there is one for each token, and a document is made anew with each event."""
    for _, group in groupby(events, _run):
        first, *rest = group
        if rest and isinstance(first, ev.TextDelta | ev.ThoughtDelta):
            texts = [event.text for event in rest if isinstance(event, ev.TextDelta | ev.ThoughtDelta)]
            yield replace(first, text="".join([first.text, *texts]))
        else:
            yield first


def _run(event: GatewayEvent) -> object:
    """What an event has in common with those that it can be merged with; its own with nothing else."""
    return (type(event), event.item) if isinstance(event, ev.TextDelta | ev.ThoughtDelta) else object()


def apply(document: Document, event: GatewayEvent) -> Document:
    """The document with one more event; one that cannot belong to it changes nothing."""
    return _applied(document, event) if belongs(document, event) else document


def belongs(document: Document, event: GatewayEvent) -> bool:
    """Whether an event can be the document's next: it is known, and what it speaks of is there."""
    match event:
        case ev.TextDelta() | ev.TextDone():
            return _kind(document, event.item) is Text
        case ev.ThoughtDelta() | ev.ThoughtDone():
            return _kind(document, event.item) is Thought
        case ev.Unknown():
            return False
        case ev.TextStarted() | ev.ThoughtStarted() | ev.PictureOpened():
            return event.item == len(document.items)
        case ev.PlanStarted() | ev.PlanEnded() | ev.ResponseStarted() | ev.CastTold():
            return True
        case ev.PlanPaused() | ev.PlanResumed():
            return True
        case ev.ResponseCompleted() | ev.ResponseIncomplete() | ResponseFailed() | ResponseCancelled():
            return True
        case _:
            return _kind(document, event.item) is Picture


def _kind(document: Document, item: int) -> type[Item] | None:
    return type(document.items[item]) if 0 <= item < len(document.items) else None


def _applied(document: Document, event: GatewayEvent) -> Document:
    match event:
        case ev.ResponseStarted(at=at):
            return replace(document, started_at=at)
        case ev.PlanStarted(at=at):
            return replace(document, plan_started_at=at)
        case ev.PlanEnded(at=at):
            return replace(document, plan_ended_at=at, finish_reason=event.finish_reason, usage=event.usage)
        case ev.PlanPaused() | ev.PlanResumed():
            return _waiting(document, event)
        case ev.CastTold(figures=figures, style=style):
            return replace(document, cast=figures, style=style)
        case ev.TextStarted() | ev.ThoughtStarted() | ev.PictureOpened():
            return replace(document, items=(*document.items, _begun(event)))
        case ev.TextDelta() | ev.TextDone() | ev.ThoughtDelta() | ev.ThoughtDone():
            return _with_item(document, _told(document.items[event.item], event))
        case ev.ResponseCompleted() | ev.ResponseIncomplete() | ResponseFailed() | ResponseCancelled():
            return _ended(document, event)
        case ev.Unknown():
            return document
        case _:
            return _with_item(document, _picture(document.items[event.item], event))


def closing_events(document: Document, last: ResponseFailed | ResponseCancelled) -> list[GatewayEvent]:
    """The events that end a response before its time: open texts are closed and open pictures get an outcome, then comes `last`."""
    events: list[GatewayEvent] = []
    for item in document.items:
        match item:
            case Text(done=False):
                events.append(ev.TextDone(at=last.at, item=item.item, text=item.text))
            case Thought(done=False):
                events.append(ev.ThoughtDone(at=last.at, item=item.item, text=item.text))
            case Picture(ended=False):
                cancelled = ev.PictureCancelled(at=last.at, item=item.item)
                events.append(
                    _picture_failed(item.item, last) if isinstance(last, ResponseFailed) else cancelled
                )
    return [*events, last]


def _picture_failed(item: int, last: ResponseFailed) -> GatewayEvent:
    return ev.PictureFailed(at=last.at, item=item, code=last.code, message=last.message)


def _ended(document: Document, event: LastEvent) -> Document:
    ended = replace(document, state=event.state, ended_at=event.at)
    if isinstance(event, ResponseFailed):
        return replace(ended, error_code=event.code, error_message=event.message)
    return ended


def _waiting(document: Document, event: ev.PlanPaused | ev.PlanResumed) -> Document:
    if isinstance(event, ev.PlanPaused):
        return replace(document, plan_paused_at=event.at)
    waited_s = event.at - (event.at if document.plan_paused_at is None else document.plan_paused_at)
    return replace(document, plan_paused_at=None, plan_waited_s=document.plan_waited_s + waited_s)


def _begun(event: ev.TextStarted | ev.ThoughtStarted | ev.PictureOpened) -> Item:
    match event:
        case ev.TextStarted():
            return Text(event.item)
        case ev.ThoughtStarted():
            return Thought(event.item)
        case ev.PictureOpened():
            return Picture(event.item, event.slot, event.id, event.at)


def _with_item(document: Document, item: Item) -> Document:
    items = document.items
    return replace(document, items=(*items[: item.item], item, *items[item.item + 1 :]))


def _told(item: Item, event: ev.TextDelta | ev.TextDone | ev.ThoughtDelta | ev.ThoughtDone) -> Text | Thought:
    assert not isinstance(item, Picture)
    if isinstance(event, ev.TextDone | ev.ThoughtDone):
        return replace(item, text=event.text, done=True)
    return replace(item, text=item.text + event.text)


PictureEvent = (
    ev.PictureDescribed
    | ev.PictureQueued
    | ev.PictureStarted
    | ev.PictureProgress
    | ev.PicturePreview
    | ev.PictureJudged
    | ev.PictureRedrawn
    | ev.PictureDone
    | ev.PictureFailed
    | ev.PictureCancelled
)


def _picture(item: Item, event: PictureEvent) -> Picture:
    assert isinstance(item, Picture)
    fields = _fields(event)
    match event:
        case ev.PictureDescribed(at=at):
            return replace(item, state="described", closed_at=at, **fields)
        case ev.PictureQueued(at=at):
            return replace(item, state="queued", queued_at=at, **fields)
        case ev.PictureStarted(at=at):
            # A new attempt draws from the beginning; the previews of the lost one are still previews of this picture.
            spent_s = item.gpu_before_s + item.gpu_s
            return replace(
                item, state="drawing", started_at=at, step=0, gpu_s=0.0, gpu_before_s=spent_s, **fields
            )
        case ev.PictureProgress():
            return replace(item, **fields)
        case ev.PicturePreview(blob=blob):
            return replace(item, previews=(*item.previews, blob))
        case ev.PictureJudged(draft=draft):
            return replace(item, drafts=(*item.drafts, draft))
        case ev.PictureRedrawn():
            # From here on it is as if it had just been described.
            return replace(item, state="described", queued_at=None, attempt=0, step=0, **fields)
        case ev.PictureDone(at=at, blob=blob):
            shown = [draft for draft in item.drafts if draft.drawn.blob == blob]
            drafted = {"description": shown[-1].description, "seed": shown[-1].drawn.seed} if shown else {}
            return replace(item, state="done", delivered_at=at, **fields, **drafted)
        case ev.PictureFailed(at=at) | ev.PictureCancelled(at=at):
            return replace(item, state=event.state, delivered_at=at, **fields)


def _fields(event: PictureEvent) -> dict[str, Any]:
    """What an event says of its picture."""
    fields = {
        name: getattr(event, name) for name in type(event).model_fields if name not in ("at", "item", "type")
    }
    # What devices took only ever adds up, and some events do not know it.
    if fields.get("gpu_s", 0) is None:
        del fields["gpu_s"]
    return fields
