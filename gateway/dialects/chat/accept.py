"""Makes the gateway's `Request` of a `POST /v1/chat/completions`."""

from __future__ import annotations

import asyncio

from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.answer.request import Request
from gateway.dialects.chat.marks import PictureMark, split_marks
from gateway.dialects.chat.request import (
    AssistantMessage,
    CreateCompletion,
    EarlierText,
    FilePart,
    ImagePart,
    Instructions,
    Message,
    TextPart,
    ToolMessage,
)
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import thinks, told_as_text
from gateway.dialects.common.history import OtherPart, as_text, result_of
from gateway.dialects.common.intake import Intake, check_input
from planner_service.wire import Mode
from visualizer_service.wire import Limits

Part = TextPart | ImagePart | FilePart


async def accept(body: CreateCompletion, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`."""
    parts = [part for message in body.messages for _, part in _parts(message)]
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    results = [as_text(message.content) for message in body.messages if isinstance(message, ToolMessage)]
    check_input([*texts, *results], len(parts) - len(texts), intake.settings, "messages")
    request = build_request(body, body, _terms(body), tenant, limits, intake.settings)
    conversation = Conversation()
    for place, message in enumerate(body.messages):
        await _add(conversation, message, f"messages[{place}].content", tenant, intake)
    return await with_conversation(request, conversation, limits, intake)


def _terms(body: CreateCompletion) -> Terms:
    old_name = body.max_completion_tokens is None and body.max_tokens is not None
    return Terms(
        mode=_mode(body),
        size=(body.size, "size"),
        encoding=(body, ""),
        output_tokens=(body.max_tokens, "max_tokens")
        if old_name
        else (body.max_completion_tokens, "max_completion_tokens"),
        least_images=body.least_images,
        thinking=thinks(body.reasoning_effort),
        thoughts=told_as_text(body.reasoning_effort),
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


def _parts(message: Message) -> list[tuple[int, Part]]:
    """What a message says and shows, each with its place."""
    if isinstance(message, ToolMessage):
        return []
    return [(place, part) for place, part in enumerate(message.content) if not isinstance(part, OtherPart)]


async def _add(conversation: Conversation, message: Message, path: str, tenant: str, intake: Intake) -> None:
    if isinstance(message, ToolMessage):
        conversation.add("user", [result_of(message.name, message.content)])
        return
    parts = [
        part
        for place, one in _parts(message)
        for part in (_said(message, one) if isinstance(one, TextPart) else [(f"{path}[{place}]", one)])
    ]
    if isinstance(message, AssistantMessage) and message.refusal:
        parts.append(message.refusal)
    taken = await asyncio.gather(*[_taken(part, message, path, tenant, intake) for part in parts])
    if isinstance(message, Instructions):
        conversation.add("system", [part for part in taken if isinstance(part, str)])
        # What a system shows, the user may speak of.
        conversation.add("user", [part for part in taken if not isinstance(part, str)])
    else:
        conversation.add(message.role, taken)


def _said(message: Message, part: TextPart) -> list[str | PictureMark]:
    text = part.text or (part.refusal if isinstance(part, EarlierText) else "")
    return list(split_marks(text)) if isinstance(message, AssistantMessage) else [text]


async def _taken(
    part: str | PictureMark | tuple[str, ImagePart | FilePart],
    message: Message,
    path: str,
    tenant: str,
    intake: Intake,
) -> str | Sent | Drawn:
    match part:
        case str():
            return part
        case PictureMark():
            return await _drawn(part, path, tenant, intake)
        case there, image:
            sent = await _image(image, there, tenant, intake)
    if isinstance(message, AssistantMessage):
        return Drawn(sent.blob, sent.description or UNDESCRIBED)
    return sent


async def _image(part: ImagePart | FilePart, path: str, tenant: str, intake: Intake) -> Sent:
    match part:
        case ImagePart(image_url=None, file_id=str(file_id)):
            return await intake.by_file(tenant, file_id, f"{path}.file_id")
        case ImagePart(image_url=image) if image is not None:
            return await intake.by_url(image.url, f"{path}.image_url.url", image.description)
        case FilePart(file=file):
            if file_id := file.file_id or part.file_id:
                return await intake.by_file(tenant, file_id, f"{path}.file.file_id")
            if data := file.file_data or part.file_data:
                return await intake.by_data(data, f"{path}.file.file_data")
    raise InvalidRequest(f"`{path}` needs an image: its URL, its bytes or a file_id.", param=path)


async def _drawn(mark: PictureMark, path: str, tenant: str, intake: Intake) -> str | Drawn:
    """A picture that is no longer kept leaves its description: an old chat can still be gone on with."""
    try:
        return Drawn((await intake.by_file(tenant, mark.file_id, path)).blob, mark.description)
    except NotFound:
        return mark.description
