"""Makes the gateway's `Request` of a `POST /v1/chat/completions`."""

from __future__ import annotations

import asyncio

from gateway.answer.conversation import Conversation, Drawn, Sent
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.answer.request import Request
from gateway.dialects.chat.marks import PictureMark, split_marks
from gateway.dialects.chat.request import (
    AssistantMessage,
    CreateCompletion,
    FilePart,
    ImagePart,
    Instructions,
    TextPart,
    UserMessage,
)
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.intake import Intake, check_input
from planner_service.wire import Mode
from visualizer_service.wire import Limits


async def accept(body: CreateCompletion, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`."""
    parts = [part for message in body.messages for part in message.content]
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    check_input(texts, len(parts) - len(texts), intake.settings, "messages")
    request = build_request(body, _terms(body), tenant, limits, intake.settings)
    conversation = Conversation()
    for place, message in enumerate(body.messages):
        await _add(conversation, message, f"messages[{place}].content", tenant, intake)
    return await with_conversation(request, conversation, limits, intake)


def _terms(body: CreateCompletion) -> Terms:
    if None not in (body.max_tokens, body.max_completion_tokens):
        raise InvalidRequest(
            "`max_tokens` is the old name of `max_completion_tokens`; send one.", param="max_tokens"
        )
    old_name = body.max_tokens is not None
    return Terms(
        mode=_mode(body),
        size=(body.size, "size"),
        encoding=(body, ""),
        output_tokens=(body.max_tokens, "max_tokens")
        if old_name
        else (body.max_completion_tokens, "max_completion_tokens"),
        least_images=body.least_images,
    )


def _mode(body: CreateCompletion) -> Mode:
    if body.modalities is None or set(body.modalities) == {"text", "image"}:
        return body.mode
    (only,) = set(body.modalities)
    if body.mode not in ("auto", only):
        raise InvalidRequest(
            f"`modalities` holds {only} only, but `mode` is {body.mode}.", param="modalities"
        )
    return only


async def _add(
    conversation: Conversation,
    message: Instructions | UserMessage | AssistantMessage,
    path: str,
    tenant: str,
    intake: Intake,
) -> None:
    match message:
        case Instructions():
            conversation.add("system", [part.text for part in message.content])
        case UserMessage():
            parts = [
                _part(part, f"{path}[{place}]", tenant, intake) for place, part in enumerate(message.content)
            ]
            conversation.add("user", await asyncio.gather(*parts))
        case AssistantMessage():
            parts = [part for text in message.content for part in split_marks(text.text)]
            conversation.add("assistant", [await _drawn(part, path, tenant, intake) for part in parts])


async def _part(part: TextPart | ImagePart | FilePart, path: str, tenant: str, intake: Intake) -> str | Sent:
    match part:
        case TextPart():
            return part.text
        case ImagePart(image_url=image):
            return await intake.by_url(image.url, f"{path}.image_url.url", image.description)
        case FilePart(file=file):
            return await intake.by_file(tenant, file.file_id, f"{path}.file.file_id")


async def _drawn(part: str | PictureMark, path: str, tenant: str, intake: Intake) -> str | Drawn:
    """A picture that is no longer kept leaves its description: an old chat can still be gone on with."""
    if isinstance(part, str):
        return part
    try:
        return Drawn((await intake.by_file(tenant, part.file_id, path)).blob, part.description)
    except NotFound:
        return part.description
