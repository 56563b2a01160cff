"""Pictures alone as OpenAI's Images API writes them: all at the end, or one by one as they are drawn.

A picture that failed is listed beside the others; only if none came is the whole request an error.
"""

from __future__ import annotations

from typing import Any, Literal

from gateway.answer import events as ev
from gateway.answer.document import Document, Picture
from gateway.answer.errors import AnswerFailed, GatewayError, answer_failure
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.dialects.common.cast import told_cast
from gateway.dialects.common.failed import answer_error
from gateway.dialects.common.pictures import about, drawing_usage, picture_error, picture_size, url
from gateway.dialects.common.renderer import Renderer
from gateway.dialects.common.wire import Inline, WireEvent, as_openai, warnings

Kind = Literal["image_generation", "image_edit"]


def result(request: Request, document: Document) -> dict[str, Any]:
    """The pictures, in order.

    Raises:
        GatewayError: none came.
    """
    if error := _why_none(document):
        raise error
    done = [picture for picture in document.pictures if picture.blob]
    return {
        "created": int(request.created_at),
        "background": "opaque",
        "output_format": request.draw.output_format,
        # OpenAI's type of a whole result has no `auto`.
        "quality": None if request.draw.quality == "auto" else request.draw.quality,
        "size": picture_size(done[0]),
        "data": [_entry(request, picture) for picture in done],
        "failed": [_failed(picture) for picture in document.pictures if picture_error(picture)],
        "usage": _usage(document),
        "response_id": request.id,
        **told_cast(request, document),
        "warnings": warnings(request),
    }


class ImagesRenderer(Renderer):
    """Renders one response, from its first event on, for one reader."""

    def __init__(self, request: Request, kind: Kind) -> None:
        super().__init__(request)
        self._kind = kind

    def _rendered(self, event: GatewayEvent) -> list[WireEvent]:
        match event:
            case ev.PicturePreview(item=item, index=index, blob=blob):
                picture = self._picture(item)
                shown = _shown(self._request, picture, blob, len(picture.previews) - 1)
                return [self._event("partial_image", shown | {"partial_image_index": index}, picture)]
            case ev.PictureDone(item=item, timings=timings):
                picture = self._picture(item)
                entry = _entry(self._request, picture) | {"usage": _usage(self.document)}
                return [self._event("completed", entry, picture, timings.done_at)]
            case ev.PictureFailed(item=item) | ev.PictureCancelled(item=item):
                return [self._event("failed", _failed(self._picture(item)), self._picture(item))]
        error = None if self.document.state == "in_progress" else _why_none(self.document)
        return [self.last_words(error)] if error else []

    def last_words(self, error: GatewayError) -> WireEvent:
        """Why the stream ends early; OpenAI's clients raise it."""
        return WireEvent("error", {"type": "error", "error": as_openai(error)})

    def _event(
        self, what: str, data: dict[str, Any], picture: Picture, published_at: float | None = None
    ) -> WireEvent:
        type = f"{self._kind}.{what}"
        head = {
            "type": type,
            "created_at": int(self._request.created_at),
            "index": picture.slot,
            "background": "opaque",
            "output_format": self._request.draw.output_format,
            "quality": self._request.draw.quality,
            "size": picture_size(picture),
            "response_id": self._request.id,
        }
        return WireEvent(type, head | data, published_at)


def _why_none(document: Document) -> GatewayError | None:
    if any(picture.blob for picture in document.pictures):
        return None
    for picture in document.pictures:
        if document.state != "failed" and (error := picture_error(picture)):
            return answer_failure(error["code"], error["message"])
    return answer_error(document) or AnswerFailed("The planner asked for no picture.", code="no_picture")


def _entry(request: Request, picture: Picture) -> dict[str, Any]:
    return {
        **about(request, picture),
        **_shown(request, picture, picture.blob),
        "revised_prompt": picture.description,
    }


def _shown(
    request: Request, picture: Picture, blob: str | None, preview: int | None = None
) -> dict[str, Any]:
    inline = request.delivery == "b64"
    return {
        "b64_json": Inline(blob) if inline and blob else None,
        "url": None if inline else url(request, picture, preview),
    }


def _failed(picture: Picture) -> dict[str, Any]:
    return {"index": picture.slot, "error": picture_error(picture)}


def _usage(document: Document) -> dict[str, Any] | None:
    """The tokens of the descriptions, once the plan has ended, and what was drawn, which is not counted in tokens."""
    used = document.usage
    if used is None:
        return None
    return {
        "input_tokens": used.input_tokens,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": used.input_tokens},
        "output_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        **drawing_usage(document),
    }
