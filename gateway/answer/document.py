"""A response's events folded into what it amounts to: a document of text and pictures in order.

It knows nothing of ledgers or dialects. Every prefix of a response's events folds to a document, and to the events that would end it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent, ReferenceUsed, ResponseCancelled, ResponseFailed
from planner_service.wire import PlanUsage
from visualizer_service.wire import Timings

DocumentState = Literal["in_progress", "completed", "incomplete", "failed", "cancelled"]
PictureState = Literal["opened", "described", "queued", "drawing", "done", "failed", "cancelled"]
Last = ev.ResponseCompleted | ev.ResponseIncomplete | ResponseFailed | ResponseCancelled
FINAL = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text; `done` once no more will be added."""

    item: int
    text: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; what is not known yet is None. All `_at` are Unix times in seconds, as seen by the gateway.

    `closed_at` is when its description was complete, `delivered_at` when its outcome reached the answer. `code` says why it failed, `message` in words where
    the code does not say it all.
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
    timings: Timings | None = None
    code: str | None = None
    message: str | None = None
    closed_at: float | None = None
    queued_at: float | None = None
    started_at: float | None = None
    delivered_at: float | None = None


Item = Text | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A response so far; `items[n]` is item n. `error_code` and `error_message` say why it failed."""

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

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures, in order."""
        return tuple(item for item in self.items if isinstance(item, Picture))


def fold(events: Iterable[GatewayEvent]) -> Document:
    """What these events, in order and from the first, amount to."""
    return reduce(apply, events, Document())


def apply(document: Document, event: GatewayEvent) -> Document:
    """The document with one more event."""
    match event:
        case ev.ResponseStarted(at=at):
            return replace(document, started_at=at)
        case ev.PlanStarted(at=at):
            return replace(document, plan_started_at=at)
        case ev.PlanEnded(at=at):
            return replace(document, plan_ended_at=at, finish_reason=event.finish_reason, usage=event.usage)
        case ev.TextStarted():
            return replace(document, items=(*document.items, Text(event.item)))
        case ev.PictureOpened(at=at):
            return replace(document, items=(*document.items, Picture(event.item, event.slot, event.id, at)))
        case ev.TextDelta() | ev.TextDone():
            return _with_item(document, _text(document.items[event.item], event))
        case ev.ResponseCompleted() | ev.ResponseIncomplete() | ev.ResponseFailed() | ev.ResponseCancelled():
            return _ended(document, event)
        case _:
            return _with_item(document, _picture(document.items[event.item], event))


def closing_events(document: Document, last: ResponseFailed | ResponseCancelled) -> list[GatewayEvent]:
    """The events that end a response before its time: open text is closed and open pictures get an outcome, then comes `last`."""
    events: list[GatewayEvent] = []
    for item in document.items:
        match item:
            case Text(done=False):
                events.append(ev.TextDone(at=last.at, item=item.item, text=item.text))
            case Picture(state=state) if state not in FINAL:
                cancelled = ev.PictureCancelled(at=last.at, item=item.item)
                events.append(_lost(item.item, last) if isinstance(last, ResponseFailed) else cancelled)
    return [*events, last]


def _lost(item: int, last: ResponseFailed) -> GatewayEvent:
    return ev.PictureFailed(at=last.at, item=item, code=last.code, message=last.message)


def _ended(document: Document, event: Last) -> Document:
    match event:
        case ev.ResponseCompleted(at=at):
            return replace(document, state="completed", ended_at=at)
        case ev.ResponseIncomplete(at=at):
            return replace(document, state="incomplete", ended_at=at)
        case ev.ResponseFailed(at=at, code=code, message=message):
            return replace(document, state="failed", ended_at=at, error_code=code, error_message=message)
        case ev.ResponseCancelled(at=at):
            return replace(document, state="cancelled", ended_at=at)


def _with_item(document: Document, item: Item) -> Document:
    items = document.items
    return replace(document, items=(*items[: item.item], item, *items[item.item + 1 :]))


def _text(item: Item, event: ev.TextDelta | ev.TextDone) -> Text:
    assert isinstance(item, Text)
    if isinstance(event, ev.TextDone):
        return replace(item, text=event.text, done=True)
    return replace(item, text=item.text + event.text)


PictureEvent = (
    ev.PictureDescribed
    | ev.PictureQueued
    | ev.PictureStarted
    | ev.PictureProgress
    | ev.PicturePreview
    | ev.PictureDone
    | ev.PictureFailed
    | ev.PictureCancelled
)


def _picture(item: Item, event: PictureEvent) -> Picture:
    assert isinstance(item, Picture)
    told = {
        name: getattr(event, name) for name in type(event).model_fields if name not in ("at", "item", "type")
    }
    match event:
        case ev.PictureDescribed(at=at):
            return replace(item, state="described", closed_at=at, **told)
        case ev.PictureQueued(at=at):
            return replace(item, state="queued", queued_at=at, **told)
        case ev.PictureStarted(at=at):
            # A new attempt draws from the beginning; the looks of the lost one are still looks at this picture.
            return replace(item, state="drawing", started_at=at, step=0, **told)
        case ev.PictureProgress():
            return replace(item, **told)
        case ev.PicturePreview(blob=blob):
            return replace(item, previews=(*item.previews, blob))
        case ev.PictureDone(at=at):
            return replace(item, state="done", delivered_at=at, **told)
        case ev.PictureFailed(at=at):
            return replace(item, state="failed", delivered_at=at, **told)
        case ev.PictureCancelled(at=at):
            return replace(item, state="cancelled", delivered_at=at)
