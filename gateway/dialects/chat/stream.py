"""A response's events as OpenAI's Chat Completions API streams them: chunks without names, `[DONE]` at the end.

The text is what the whole answer would hold, so the chunks of `content` always add up to it; a picture's mark comes with its
description, the picture itself as soon as it is drawn, whatever else has been said since.

Source:
    openai-python 3.54, `lib/streaming/_deltas.py`: it collects lists by the `index` of their members and merges members of equal
    place, so pictures are counted as they come and not as they stand in the text.
"""

from __future__ import annotations

from typing import Any

from gateway.answer import events as ev
from gateway.answer.errors import GatewayError
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.dialects.chat.completion import (
    drawn,
    failed,
    failed_image,
    finish_reason,
    head,
    image,
    thoughts,
    usage,
)
from gateway.dialects.chat.marks import content
from gateway.dialects.common.cast import told_cast
from gateway.dialects.common.failed import answer_error
from gateway.dialects.common.renderer import Renderer
from gateway.dialects.common.wire import WireEvent, as_openai, warnings

DONE = b"[DONE]"


class ChatRenderer(Renderer):
    """Renders one response, from its first event on, for one reader; `with_usage` adds a chunk that tells the tokens."""

    def __init__(self, request: Request, with_usage: bool) -> None:
        super().__init__(request)
        self._with_usage = with_usage
        self._written = 0
        self._thought = 0
        self._item: int | None = None

    def _rendered(self, event: GatewayEvent) -> list[WireEvent]:
        match event:
            case ev.ResponseStarted():
                first = self._delta({"role": "assistant", "content": ""})
                if self._request.warnings:
                    first.data["warnings"] = warnings(self._request)
                return [first]
            case ev.TextDelta() | ev.PictureDescribed():
                self._item = event.item
                return self._new_content()
            case ev.ThoughtDelta():
                self._item = event.item
                whole = thoughts(self.document) or ""
                new, self._thought = whole[self._thought :], len(whole)
                return [self._delta({"reasoning_content": new})]
            case ev.PictureDone(timings=timings):
                index = len(drawn(self.document)) - 1
                images = {"images": [image(self._request, self._picture(event.item), index)]}
                return [self._delta(images, published_at=timings.done_at)]
            case ev.PictureFailed() | ev.PictureCancelled():
                index = len(failed(self.document)) - 1
                return [self._delta({"failed_images": [failed_image(self._picture(event.item), index)]})]
            case ev.ResponseCompleted() | ev.ResponseIncomplete():
                return self._end()
        error = answer_error(self.document)
        return [self.last_words(error)] if error else []

    def last_words(self, error: GatewayError) -> WireEvent:
        """Why the stream ends early; OpenAI's clients raise it."""
        return WireEvent(None, {"error": as_openai(error)})

    def _more(self, event: ev.TextDelta | ev.ThoughtDelta) -> list[WireEvent]:
        if event.item != self._item:
            # The first of an item: something may have to stand between it and what came before.
            return self._rendered(event)
        if isinstance(event, ev.TextDelta):
            self._written += len(event.text)
            return [self._delta({"content": event.text})]
        self._thought += len(event.text)
        return [self._delta({"reasoning_content": event.text})]

    def _new_content(self) -> list[WireEvent]:
        whole = content(self._request, self.document)
        new, self._written = whole[self._written :], len(whole)
        return [self._delta({"content": new})] if new else []

    def _end(self) -> list[WireEvent]:
        last = self._chunk([self._choice({}, finish_reason(self.document))])
        last.data.update(told_cast(self._request, self.document))
        return [last, self._chunk([], usage(self.document))] if self._with_usage else [last]

    def _delta(self, delta: dict[str, Any], published_at: float | None = None) -> WireEvent:
        return self._chunk([self._choice(delta)], published_at=published_at)

    def _choice(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}

    def _chunk(
        self,
        choices: list[dict[str, Any]],
        usage: dict[str, Any] | None = None,
        published_at: float | None = None,
    ) -> WireEvent:
        with_usage = {"usage": usage} if self._with_usage else {}
        chunk = {**head(self._request, "chat.completion.chunk"), "choices": choices, **with_usage}
        return WireEvent(None, chunk, published_at)
