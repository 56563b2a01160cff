"""A folded response as OpenAI's Chat Completions API writes it whole.

Pictures stand in `message.images`, as OpenRouter and LiteLLM send them, and marks in the text say where each belongs.
"""

from __future__ import annotations

from typing import Any

from gateway.answer.document import Document, Picture, Thought
from gateway.answer.request import Request
from gateway.dialects.chat.marks import content
from gateway.dialects.common.cast import told_cast
from gateway.dialects.common.failed import answer_error
from gateway.dialects.common.pictures import about, drawing_usage, picture_error, picture_size, url
from gateway.dialects.common.wire import Inline, warnings


def completion(request: Request, document: Document) -> dict[str, Any]:
    """The answer.

    Raises:
        GatewayError: the response failed or was cancelled; this dialect has no word for half an answer.
    """
    if error := answer_error(document):
        raise error
    message = {
        "role": "assistant",
        "content": content(request, document),
        "refusal": None,
        "reasoning_content": thoughts(document),
        "images": [image(request, picture, index) for index, picture in enumerate(drawn(document))],
        "failed_images": [failed_image(picture, index) for index, picture in enumerate(failed(document))],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(document)}
    return {
        **head(request, "chat.completion"),
        "choices": [choice],
        "usage": usage(document),
        **told_cast(request, document),
        "warnings": warnings(request),
    }


def head(request: Request, object: str) -> dict[str, Any]:
    """What every object of this answer begins with; `response_id` names the answer in /v1/responses."""
    return {
        "id": f"chatcmpl-{request.id.removeprefix('resp_')}",
        "object": object,
        "created": int(request.created_at),
        "model": request.model,
        "response_id": request.id,
    }


def thoughts(document: Document) -> str | None:
    """What the planner thought, where it was asked to tell."""
    return "\n\n".join(item.text for item in document.items if isinstance(item, Thought)) or None


def drawn(document: Document) -> list[Picture]:
    """The pictures that are there."""
    return [picture for picture in document.pictures if picture.blob]


def failed(document: Document) -> list[Picture]:
    """The pictures that will not come."""
    return [picture for picture in document.pictures if picture_error(picture)]


def image(request: Request, picture: Picture, index: int) -> dict[str, Any]:
    """A picture that is drawn. `index` is its place in the list; where it belongs in the text, the mark says that names its file."""
    inline = Inline(picture.blob, picture.media_type) if request.delivery == "b64" and picture.blob else None
    return {
        "index": index,
        "type": "image_url",
        "image_url": {"url": inline or url(request, picture)},
        "size": picture_size(picture),
        **about(request, picture),
    }


def failed_image(picture: Picture, index: int) -> dict[str, Any]:
    """A picture that will not come, and why; `index` is its place in the list."""
    return {"index": index, "picture": picture.id, "error": picture_error(picture)}


def finish_reason(document: Document) -> str:
    """Why the text ends."""
    return "length" if document.state == "incomplete" else "stop"


def usage(document: Document) -> dict[str, Any] | None:
    """The tokens of the plan, once it has ended, and what was drawn."""
    used = document.usage
    if used is None:
        return None
    return {
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        "prompt_tokens_details": {"cached_tokens": used.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
        **drawing_usage(document),
    }
