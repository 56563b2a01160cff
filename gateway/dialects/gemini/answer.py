"""An answer as Google's `models.generateContent` writes it: parts in order, all at once or as they can be sent.

A picture's `partMetadata` says what is known of it. One that will not come is a text that says so, with `error` in its metadata.
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
from gateway.dialects.common.pictures import about, absence, missing, picture_error
from gateway.dialects.common.renderer import Renderer
from gateway.dialects.common.wire import Inline, WireEvent, warnings
from gateway.dialects.gemini.errors import as_google

Part = dict[str, Any]


def generated(request: Request, document: Document) -> dict[str, Any]:
    """The whole answer.

    Raises:
        GatewayError: the response failed or was cancelled; this dialect has no word for half an answer.
    """
    if error := answer_error(document):
        raise error
    parts = [part(request, piece) for piece in InOrder().more(document)]
    return _response(request, parts, document)


class GeminiRenderer(Renderer):
    """Renders one response, from its first event on, for one reader: each event holds one part, the last one why the text ends."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._order = InOrder()

    def _rendered(self, event: GatewayEvent) -> list[WireEvent]:
        wire_events = [self._piece(piece, event) for piece in self._order.more(self.document) if _says(piece)]
        if error := answer_error(self.document):
            return [*wire_events, self.last_words(error)]
        if isinstance(event, ev.ResponseCompleted | ev.ResponseIncomplete):
            # Google's own client drops an answer from its chat if one event of it has no part.
            wire_events.append(WireEvent(None, _response(self._request, [{"text": ""}], self.document)))
        return wire_events

    def last_words(self, error: GatewayError) -> WireEvent:
        """Why the stream ends early; Google's clients raise it."""
        return WireEvent(None, as_google(error))

    def _piece(self, piece: TextPiece | Picture, event: GatewayEvent) -> WireEvent:
        response = _response(self._request, [part(self._request, piece)], self.document)
        return WireEvent(None, response, published_at(piece, event))


def part(request: Request, piece: TextPiece | Picture) -> Part:
    """A text, a picture, or that a picture will not come."""
    if isinstance(piece, TextPiece):
        return {"text": piece.text} | ({"thought": True} if piece.is_thought else {})
    if error := picture_error(piece):
        return {"text": absence(piece, error), "partMetadata": missing(piece, error)}
    assert piece.blob is not None
    image = {"mimeType": piece.media_type, "data": Inline(piece.blob)}
    return {"inlineData": image, "partMetadata": about(request, piece)}


def _says(piece: TextPiece | Picture) -> bool:
    return isinstance(piece, Picture) or piece.text != ""


def _response(request: Request, parts: list[Part], document: Document) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if document.state != "in_progress":
        candidate["finishReason"] = "MAX_TOKENS" if document.state == "incomplete" else "STOP"
    response = {"candidates": [candidate], "modelVersion": request.model, "responseId": request.id}
    if document.state != "in_progress" and any((told := told_cast(request, document)).values()):
        response |= told
    if request.warnings:
        response["warnings"] = warnings(request)
    if used := document.usage:
        response["usageMetadata"] = {
            "promptTokenCount": used.input_tokens,
            "candidatesTokenCount": used.output_tokens - used.reasoning_tokens,
            "thoughtsTokenCount": used.reasoning_tokens,
            "totalTokenCount": used.input_tokens + used.output_tokens,
            "cachedContentTokenCount": used.cached_tokens,
        }
    return response
