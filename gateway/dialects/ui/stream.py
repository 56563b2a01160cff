"""A response's events as the AI SDK's UI message stream, which `useChat` renders.

Texts and pictures are parts, in order. How far a picture is comes in transient parts, which a page gets as they come and no
message keeps: `data-picture` and `data-preview`. A picture that will not come is a `data-failed-picture`, in its place.

Source:
    ai 6.0 (npm), `uiMessageChunkSchema`.
"""

from __future__ import annotations

from typing import Any

from gateway.answer import events as ev
from gateway.answer.document import Document, Picture
from gateway.answer.errors import GatewayError
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.dialects.common.cast import told_cast
from gateway.dialects.common.failed import answer_error
from gateway.dialects.common.in_order import InOrder, TextPiece, published_at
from gateway.dialects.common.pictures import about, missing, picture_error, url
from gateway.dialects.common.renderer import Renderer
from gateway.dialects.common.wire import Inline, WireEvent, warnings

# Tells the AI SDK which protocol this is.
HEADERS = {"x-vercel-ai-ui-message-stream": "v1"}
DONE = b"[DONE]"
Part = dict[str, Any]


class UiRenderer(Renderer):
    """Renders one response, from its first event on, for one reader."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._order = InOrder()

    def _rendered(self, event: GatewayEvent) -> list[WireEvent]:
        wire_events = [WireEvent(None, part) for part in self._at_once(event)]
        for piece in self._order.more(self.document):
            wire_events += [WireEvent(None, part, published_at(piece, event)) for part in self._parts(piece)]
        return [*wire_events, *self._end(event)]

    def last_words(self, error: GatewayError) -> WireEvent:
        """Why the stream ends early."""
        return WireEvent(None, {"type": "error", "errorText": error.message})

    def _at_once(self, event: GatewayEvent) -> list[Part]:
        """What need not wait for its turn in the answer."""
        match event:
            case ev.ResponseStarted():
                metadata: Part = {"response_id": self._request.id, "model": self._request.model}
                if self._request.warnings:
                    metadata["warnings"] = warnings(self._request)
                return [{"type": "start", "messageId": self._request.id, "messageMetadata": metadata}]
            case ev.PicturePreview(item=item, index=index, blob=blob):
                preview = {
                    "picture": self._picture(item).id,
                    "index": index,
                    "url": self._preview(item, blob),
                }
                return [_transient("data-preview", preview)]
            case (
                ev.PictureOpened(item=item)
                | ev.PictureDescribed(item=item)
                | ev.PictureQueued(item=item)
                | ev.PictureStarted(item=item)
                | ev.PictureProgress(item=item)
                | ev.PictureRedrawn(item=item)
            ):
                return [_transient("data-picture", _progress(self._picture(item)))]
        return []

    def _parts(self, piece: TextPiece | Picture) -> list[Part]:
        if isinstance(piece, Picture):
            return [self._drawn(piece)]
        kind = "reasoning" if piece.is_thought else "text"
        id = f"{kind}-{piece.item}"
        start, end = {"type": f"{kind}-start", "id": id}, {"type": f"{kind}-end", "id": id}
        delta = {"type": f"{kind}-delta", "id": id, "delta": piece.text}
        return [start] * piece.opens + [delta] * bool(piece.text) + [end] * piece.closes

    def _drawn(self, picture: Picture) -> Part:
        if error := picture_error(picture):
            return {"type": "data-failed-picture", "id": picture.id, "data": missing(picture, error)}
        assert picture.blob is not None
        inline = Inline(picture.blob, picture.media_type) if self._request.delivery == "b64" else None
        return {
            "type": "file",
            "url": inline or url(self._request, picture),
            "mediaType": picture.media_type,
            "providerMetadata": {"weaver": about(self._request, picture)},
        }

    def _end(self, event: GatewayEvent) -> list[WireEvent]:
        match event:
            case ev.ResponseCompleted() | ev.ResponseIncomplete():
                reason = "length" if self.document.state == "incomplete" else "stop"
                metadata = _usage(self.document) | told_cast(self._request, self.document)
                end = {"type": "finish", "finishReason": reason, "messageMetadata": metadata}
                return [WireEvent(None, end)]
            case ev.ResponseCancelled():
                return [WireEvent(None, {"type": "abort", "reason": "cancelled"})]
        error = answer_error(self.document)
        return [self.last_words(error)] if error else []

    def _preview(self, item: int, blob: str) -> Inline | str:
        picture = self._picture(item)
        inline = self._request.delivery == "b64"
        media_type = f"image/{self._request.draw.output_format}"
        return Inline(blob, media_type) if inline else url(self._request, picture, len(picture.previews) - 1)


def _transient(type: str, data: Part) -> Part:
    return {"type": type, "data": data, "transient": True}


def _progress(picture: Picture) -> Part:
    return {
        "picture": picture.id,
        "state": picture.state,
        "description": picture.description,
        "step": picture.step,
        "of": picture.of,
    }


def _usage(document: Document) -> Part:
    used = document.usage
    if used is None:
        return {}
    return {
        "usage": {
            "inputTokens": used.input_tokens,
            "outputTokens": used.output_tokens,
            "totalTokens": used.input_tokens + used.output_tokens,
            "cachedInputTokens": used.cached_tokens,
            "reasoningTokens": used.reasoning_tokens,
        }
    }
