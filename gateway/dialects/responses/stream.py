"""A response's events as OpenAI's Responses API streams them.

Numbers are a pure function of the response's own events: whoever renders them from the first one gets the same events under the same
`sequence_number`, so a reader may go on anywhere. Every event has a type of OpenAI's, because the stream helper of their Node
client fails on any other. What OpenAI has no event for repeats the one that comes nearest, with fields of our own:
`in_progress` when a picture is opened, described, queued and judged (`state`), `generating` when a worker begins (`step` 0) and after each
step, `response.incomplete` when an answer was cancelled. `at` is ours, too: when it happened, Unix time in seconds, so that a reader
who comes later still learns who waited for whom.

Source:
    openai-python 3.54, `lib/streaming/responses`, and openai-node 6.49, `lib/responses`: what they need, and in which order (serving
    notes §5).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.answer import events as ev
from gateway.answer.document import Item, Picture, Text, Thought
from gateway.answer.errors import GatewayError
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.dialects.common.pictures import drafts, picture_size, references
from gateway.dialects.common.renderer import Renderer
from gateway.dialects.common.wire import WireEvent
from gateway.dialects.responses.items import (
    item_id,
    item_name,
    output_item,
    preview,
    response,
    text_part,
    thought_part,
)

CALL = "response.image_generation_call"
LAST = {
    ev.ResponseCompleted: "response.completed",
    ev.ResponseIncomplete: "response.incomplete",
    ev.ResponseFailed: "response.failed",
    ev.ResponseCancelled: "response.incomplete",
}

Unnumbered = tuple[str, dict[str, Any]]


class ResponsesRenderer(Renderer):
    """Renders one response, from its first event on, for one reader.

    Args:
        request: the response's.
        after: the `sequence_number` of the last event that the reader has, -1 for none; it gets those after it.
    """

    def __init__(self, request: Request, after: int = -1) -> None:
        super().__init__(request)
        self.written = -1
        self._after = after

    def _rendered(self, event: GatewayEvent) -> list[WireEvent]:
        wire_events = [self._numbered(type, event.at, data) for type, data in self._unnumbered(event)]
        if isinstance(event, ev.PictureDone):
            wire_events[-1] = replace(wire_events[-1], published_at=event.timings.done_at)
        return self._unread(wire_events)

    def _more(self, event: ev.TextDelta | ev.ThoughtDelta) -> list[WireEvent]:
        type, data = self._delta(event)
        one = self._numbered(type, event.at, data)
        return [one] if self.written > self._after else []

    def _unread(self, wire_events: list[WireEvent]) -> list[WireEvent]:
        """Those that the reader does not have yet."""
        return [one for one in wire_events if one.data["sequence_number"] > self._after]

    def last_words(self, error: GatewayError) -> WireEvent:
        """Why the stream ends early. It takes the number of the event before it, so that going on from there misses nothing."""
        data = {"type": "error", "code": error.code, "message": error.message, "param": error.param}
        return WireEvent("error", data | {"sequence_number": max(self.written, 0)})

    def _numbered(self, type: str, at: float, data: dict[str, Any]) -> WireEvent:
        self.written += 1
        return WireEvent(type, {"type": type, "sequence_number": self.written, "at": round(at, 3)} | data)

    def _unnumbered(self, event: GatewayEvent) -> list[Unnumbered]:
        match event:
            case ev.ResponseStarted():
                return [self._response("response.created"), self._response("response.in_progress")]
            case ev.PlanStarted() | ev.PlanPaused() | ev.PlanResumed() | ev.PlanEnded() | ev.CastTold():
                return []
            case (
                ev.ResponseCompleted()
                | ev.ResponseIncomplete()
                | ev.ResponseFailed()
                | ev.ResponseCancelled()
            ):
                return [self._response(LAST[type(event)], with_results=not self._request.pictures_once)]
            case ev.Unknown():
                return []
        match self.document.items[event.item]:
            case Text() as text:
                return self._of_text(text, event)
            case Thought() as thought:
                return self._of_thought(thought, event)
            case Picture() as picture:
                return self._of_picture(picture, event)

    def _response(self, type: str, *, with_results: bool = True) -> Unnumbered:
        return type, {"response": response(self._request, self.document, with_results=with_results)}

    def _delta(self, event: ev.TextDelta | ev.ThoughtDelta) -> Unnumbered:
        is_text = isinstance(event, ev.TextDelta)
        name = item_name(self._request, Text if is_text else Thought, event.item)
        place = {"item_id": name, "output_index": event.item}
        if is_text:
            told = place | {"content_index": 0, "delta": event.text, "logprobs": []}
            return "response.output_text.delta", told
        kind, index = self._thoughts
        return f"response.{kind}_text.delta", place | {index: 0, "delta": event.text}

    @property
    def _thoughts(self) -> tuple[str, str]:
        """What thoughts are told as, and what counts their one part."""
        if self._request.thoughts == "as_summary":
            return "reasoning_summary", "summary_index"
        return "reasoning", "content_index"

    def _of_text(self, text: Text, event: GatewayEvent) -> list[Unnumbered]:
        place = self._place(text) | {"content_index": 0}
        match event:
            case ev.TextStarted():
                return [
                    self._item("response.output_item.added", text),
                    ("response.content_part.added", place | {"part": text_part(text)}),
                ]
            case ev.TextDelta():
                return [self._delta(event)]
            case _:
                return [
                    ("response.output_text.done", place | {"text": text.text, "logprobs": []}),
                    ("response.content_part.done", place | {"part": text_part(text)}),
                    self._item("response.output_item.done", text),
                ]

    def _of_thought(self, thought: Thought, event: GatewayEvent) -> list[Unnumbered]:
        kind, index = self._thoughts
        part_kind = "reasoning_summary_part" if index == "summary_index" else "content_part"
        place = self._place(thought) | {index: 0}
        match event:
            case ev.ThoughtStarted():
                part = thought_part(self._request, thought)
                return [
                    self._item("response.output_item.added", thought),
                    (f"response.{part_kind}.added", place | {"part": part}),
                ]
            case ev.ThoughtDelta():
                return [self._delta(event)]
            case _:
                return [
                    (f"response.{kind}_text.done", place | {"text": thought.text}),
                    (f"response.{part_kind}.done", place | {"part": thought_part(self._request, thought)}),
                    self._item("response.output_item.done", thought),
                ]

    def _of_picture(self, picture: Picture, event: GatewayEvent) -> list[Unnumbered]:
        place = self._place(picture)
        match event:
            case ev.PictureOpened():
                opened = f"{CALL}.in_progress", place | {"state": picture.state}
                return [self._item("response.output_item.added", picture), opened]
            case ev.PictureDescribed() | ev.PictureRedrawn():
                described = {
                    "description": picture.description,
                    "size": picture_size(picture),
                    "seed": picture.seed,
                }
                return [(f"{CALL}.in_progress", place | {"state": picture.state, **described})]
            case ev.PictureJudged():
                return [(f"{CALL}.in_progress", place | {"state": "judged", "drafts": drafts(picture)})]
            case ev.PictureQueued():
                return [(f"{CALL}.in_progress", place | {"state": picture.state, **references(picture)})]
            case ev.PictureStarted() | ev.PictureProgress():
                progress = {
                    "attempt": picture.attempt,
                    "worker": picture.worker,
                    "step": picture.step,
                    "of": picture.of,
                }
                return [(f"{CALL}.generating", place | progress)]
            case ev.PicturePreview(index=index):
                shown = preview(self._request, picture) | {"partial_image_index": index}
                return [(f"{CALL}.partial_image", place | shown)]
            case ev.PictureDone():
                return [(f"{CALL}.completed", place), self._item("response.output_item.done", picture)]
            case _:
                return [self._item("response.output_item.done", picture)]

    def _place(self, item: Item) -> dict[str, Any]:
        return {"item_id": item_id(self._request, item), "output_index": item.item}

    def _item(self, type: str, item: Item) -> Unnumbered:
        return type, {"output_index": item.item, "item": output_item(self._request, item)}
