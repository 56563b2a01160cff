"""Makes the gateway's `Request` of a `POST /v1/chat/completions`."""

from __future__ import annotations

import asyncio

from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.answer.request import Request
from gateway.dialects.chat.marks import PictureMark
from gateway.dialects.chat.request import (
    AssistantMessage,
    CreateCompletion,
    FilePart,
    ImagePart,
    Instructions,
    Message,
    TextPart,
    ToolMessage,
)
from gateway.dialects.chat.turns import Piece, images_sent_back, parts, pieces, sent_back, without_too_old
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import thinks, told_as_text
from gateway.dialects.common.history import as_text
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.common.sent_back import Earlier
from gateway.settings import Settings
from planner_service.wire import Mode
from visualizer_service.wire import Limits


async def accept(body: CreateCompletion, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`."""
    _check(body, intake.settings)
    request = build_request(body, body, _terms(body), tenant, limits, intake.settings)
    turns = [(message, pieces(message, number)) for number, message in enumerate(body.messages)]
    answers = [found for message, found in turns if isinstance(message, AssistantMessage)]
    earlier = Earlier([picture for found in answers for picture in sent_back(found)])
    conversation = Conversation()
    for message, found in turns:
        await _add(conversation, message, without_too_old(found, earlier), tenant, intake)
    return await with_conversation(request, conversation, limits, intake, earlier.warnings("messages"))


def _check(body: CreateCompletion, settings: Settings) -> None:
    """Refuse messages that say nothing, or more than is taken."""
    said = [part for message in body.messages for _, part in parts(message)]
    texts = [part.text for part in said if isinstance(part, TextPart)]
    results = [as_text(message.content) for message in body.messages if isinstance(message, ToolMessage)]
    answers = [message for message in body.messages if isinstance(message, AssistantMessage)]
    earlier = Earlier([picture for answer in answers for picture in images_sent_back(answer)])
    images = len(said) - len(texts) - earlier.count
    check_input([*texts, *results], images, settings, "messages", earlier)


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


async def _add(
    conversation: Conversation, message: Message, found: list[Piece], tenant: str, intake: Intake
) -> None:
    taken = await asyncio.gather(*[_taken(piece, message, tenant, intake) for piece in found])
    match message:
        case Instructions():
            conversation.add("system", [part for part in taken if isinstance(part, str)])
            # What a system shows, the user may speak of.
            conversation.add("user", [part for part in taken if not isinstance(part, str)])
        case ToolMessage():
            conversation.add("user", taken)
        case _:
            conversation.add(message.role, taken)


async def _taken(piece: Piece, message: Message, tenant: str, intake: Intake) -> str | Sent | Drawn:
    match piece.what:
        case str(text):
            return text
        case PictureMark() as mark:
            return await _drawn(mark, piece.place, tenant, intake)
        case image:
            sent = await _image(image, piece.place, tenant, intake)
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
