"""A folded response as OpenAI's Responses API writes it: the response object and its output items.

What OpenAI has no field for is added under names of our own. Pictures are `Inline`, to be spliced in when they are sent.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from gateway.answer.document import Document, Item, Picture, Text, Thought
from gateway.answer.event_budget import instructions_repeated
from gateway.answer.request import Request
from gateway.answer.sizes import size_name
from gateway.answer.timeline import timeline
from gateway.answer.usage import usage_of
from gateway.dialects.common.cast import told_cast
from gateway.dialects.common.pictures import about, drawing_usage, picture_error, picture_size, url
from gateway.dialects.common.wire import Inline, warnings

KINDS: dict[type[Item], str] = {Text: "msg", Thought: "rs", Picture: "ig"}
"""What the ids of items begin with."""
STATUS: dict[str, Literal["in_progress", "generating", "completed", "failed"]] = {
    "opened": "in_progress",
    "described": "in_progress",
    "queued": "in_progress",
    "drawing": "generating",
    "done": "completed",
    "failed": "failed",
    "cancelled": "failed",
}


def response(request: Request, document: Document, *, with_results: bool = True) -> dict[str, Any]:
    """The response object. With its last event come `completed_at`, `usage` and the `timeline`; without results, no picture's bytes."""
    return {
        "id": request.id,
        "object": "response",
        "created_at": int(request.created_at),
        "status": document.state,
        "background": request.background,
        "error": _error(document),
        "incomplete_details": {"reason": "max_output_tokens"} if document.state == "incomplete" else None,
        "instructions": instructions_repeated(request),
        "max_output_tokens": request.max_output_tokens,
        "model": request.model,
        "output": [output_item(request, item, with_result=with_results) for item in document.items],
        "parallel_tool_calls": True,
        "previous_response_id": request.previous_response_id,
        "store": request.store,
        "temperature": request.temperature,
        "text": {"format": {"type": "text"}},
        "tool_choice": _tool_choice(request),
        "tools": [_tool(request)],
        "top_p": request.top_p,
        "truncation": "disabled",
        "metadata": request.metadata,
        "warnings": warnings(request),
        **_extensions(request),
        **told_cast(request, document),
        **_ended(request, document),
    }


def output_item(request: Request, item: Item, *, with_result: bool = True) -> dict[str, Any]:
    """A message, thoughts or a picture, as far as it is; without its result, a picture has no bytes."""
    match item:
        case Text():
            return _message(request, item)
        case Thought():
            return _reasoning(request, item)
        case Picture():
            picture = _picture(request, item)
            return picture if with_result else picture | {"result": None}


def item_id(request: Request, item: Item) -> str:
    """A name that tells the response and the item's place in it."""
    return item_name(request, type(item), item.item)


def item_name(request: Request, kind: type[Item], number: int) -> str:
    """The same, of an item of this kind at this place."""
    return f"{KINDS[kind]}_{request.id.removeprefix('resp_')}_{number}"


def file_id_of(item_id: str) -> str:
    """The file as which the picture with this `item_id` is kept."""
    return item_id.replace("ig_", "file-").replace("_", "-")


def text_part(item: Text) -> dict[str, Any]:
    """The one content part of a message."""
    return {"type": "output_text", "text": item.text, "annotations": [], "logprobs": []}


def thought_part(request: Request, item: Thought) -> dict[str, Any]:
    """The one part of a reasoning item: of its `summary` where one was asked for, else of its `content`."""
    kind = "summary_text" if request.thoughts == "as_summary" else "reasoning_text"
    return {"type": kind, "text": item.text}


def preview(request: Request, picture: Picture) -> dict[str, Any]:
    """The latest preview of a picture, in the way that the request wants pictures delivered."""
    latest = len(picture.previews) - 1
    inline = request.delivery == "b64"
    return {
        "partial_image_b64": Inline(picture.previews[latest]) if inline else None,
        "url": None if inline else url(request, picture, latest),
        "output_format": request.draw.output_format,
        "size": picture_size(picture),
    }


def _message(request: Request, item: Text) -> dict[str, Any]:
    return {
        "id": item_id(request, item),
        "type": "message",
        "role": "assistant",
        "status": "completed" if item.done else "in_progress",
        "content": [text_part(item)] if item.text else [],
    }


def _reasoning(request: Request, item: Thought) -> dict[str, Any]:
    parts = [thought_part(request, item)] if item.text else []
    is_summary = request.thoughts == "as_summary"
    return {
        "id": item_id(request, item),
        "type": "reasoning",
        "summary": parts if is_summary else [],
        "content": [] if is_summary else parts,
        "encrypted_content": None,
        "status": "completed" if item.done else "in_progress",
    }


def _picture(request: Request, picture: Picture) -> dict[str, Any]:
    inline = picture.blob if request.delivery == "b64" else None
    return {
        "id": item_id(request, picture),
        "type": "image_generation_call",
        "status": STATUS[picture.state],
        "result": Inline(inline) if inline else None,
        "revised_prompt": picture.description,
        "output_format": request.draw.output_format,
        "size": picture_size(picture),
        "quality": request.draw.quality,
        "background": "opaque",
        "error": picture_error(picture),
        **about(request, picture),
    }


def _error(document: Document) -> dict[str, Any] | None:
    if document.state != "failed":
        return None
    return {"code": document.error_code, "message": document.error_message}


def _tool_choice(request: Request) -> str:
    if request.mode == "text":
        return "none"
    return "required" if request.least_images else "auto"


def _tool(request: Request) -> dict[str, Any]:
    return {
        "type": "image_generation",
        "size": _size(request),
        "quality": request.draw.quality,
        "partial_images": request.draw.previews,
        "output_format": request.draw.output_format,
        "output_compression": request.draw.output_compression,
    }


def _size(request: Request) -> str:
    return "auto" if request.sizes else size_name(request.draw.width_px, request.draw.height_px)


def _extensions(request: Request) -> dict[str, Any]:
    return {
        "mode": request.mode,
        "least_images": request.least_images,
        "most_images": request.most_images,
        "size": _size(request),
        "references": list(request.draw.forced_references),
        "reference_policy": request.draw.reference_policy,
        "feedback": request.feedback,
        "most_redraws": request.most_redraws,
        "seed": request.draw.seed,
        "delivery": request.delivery,
    }


def _ended(request: Request, document: Document) -> dict[str, Any]:
    if document.state == "in_progress":
        return {"completed_at": None, "usage": None, "timeline": None}
    completed_at = document.ended_at if document.state == "completed" else None
    return {
        "completed_at": completed_at and int(completed_at),
        "usage": _usage(request, document),
        "timeline": asdict(timeline(document)),
    }


def _usage(request: Request, document: Document) -> dict[str, Any]:
    used = usage_of(request, document)
    return {
        "input_tokens": used.input_tokens,
        "input_tokens_details": {"cached_tokens": used.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": used.output_tokens,
        "output_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
        "total_tokens": used.input_tokens + used.output_tokens,
        "estimated": used.is_estimated,
        **drawing_usage(document),
    }
