"""A response's events folded into its document. Every prefix of them folds to one, and to the events that would end it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import groupby
from typing import Any, Final

from gateway.answer import events as ev
from gateway.answer.document import Document, Item, Picture, Text, Thought
from gateway.answer.events import GatewayEvent, LastEvent, ResponseCancelled, ResponseFailed

_EMPTY: Final = Document()


def fold(events: Iterable[GatewayEvent], document: Document = _EMPTY) -> Document:
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
