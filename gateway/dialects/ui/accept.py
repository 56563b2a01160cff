"""Makes the gateway's `Request` of a `POST /v1/ui-messages`."""

from __future__ import annotations

import asyncio

from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.errors import NotFound
from gateway.answer.request import Request
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import thinks, told_as_text
from gateway.dialects.common.file_urls import file_in
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.common.sent_back import Earlier, SentBack, kind_of_url
from gateway.dialects.ui.request import CreateMessage, FilePart, Message, TextPart
from planner_service.wire import Role
from visualizer_service.wire import Limits


async def accept(body: CreateMessage, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`."""
    parts = [part for message in body.messages for part in message.parts]
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    earlier = Earlier(_sent_back(body))
    images = sum(isinstance(part, FilePart) for part in parts) - earlier.count
    check_input(texts, images, intake.settings, "messages", earlier)
    request = build_request(body, body, _terms(body), tenant, limits, intake.settings)
    conversation = Conversation()
    for place, message in enumerate(body.messages):
        taken = [
            _described(part) if earlier.is_too_old(path) else _part(part, message.role, path, tenant, intake)
            for path, part in _placed(place, message)
        ]
        conversation.add(message.role, await asyncio.gather(*taken))
    return await with_conversation(request, conversation, limits, intake, earlier.warnings("messages"))


def _terms(body: CreateMessage) -> Terms:
    return Terms(
        mode=body.mode,
        size=(body.size, "size"),
        encoding=(body, ""),
        output_tokens=(body.max_output_tokens, "max_output_tokens"),
        least_images=body.least_images,
        previews=body.partial_images,
        thinking=thinks(body.reasoning_effort),
        thoughts=told_as_text(body.reasoning_effort),
    )


def _placed(place: int, message: Message) -> list[tuple[str, TextPart | FilePart]]:
    """The parts that are texts or images, each with where it stands."""
    parts = enumerate(message.parts)
    path = f"messages[{place}].parts"
    return [(f"{path}[{number}]", part) for number, part in parts if isinstance(part, TextPart | FilePart)]


def _sent_back(body: CreateMessage) -> list[SentBack]:
    """The pictures in the assistant's turns."""
    return [
        SentBack(path, "named" if file_in(part.url) else kind_of_url(part.url))
        for place, message in enumerate(body.messages)
        if message.role == "assistant"
        for path, part in _placed(place, message)
        if isinstance(part, FilePart)
    ]


async def _described(part: TextPart | FilePart) -> str:
    return (part.providerMetadata.weaver.description if isinstance(part, FilePart) else None) or UNDESCRIBED


async def _part(
    part: TextPart | FilePart, role: Role, path: str, tenant: str, intake: Intake
) -> str | Sent | Drawn:
    if isinstance(part, TextPart):
        return part.text
    description = part.providerMetadata.weaver.description
    try:
        sent = await _image(part.url, description, f"{path}.url", tenant, intake)
    except NotFound:
        if role != "assistant":
            raise
        # A picture that is no longer kept leaves its description: an old chat can still be gone on with.
        return description or UNDESCRIBED
    return Drawn(sent.blob, description or UNDESCRIBED) if role == "assistant" else sent


async def _image(url: str, description: str | None, path: str, tenant: str, intake: Intake) -> Sent:
    if kept := file_in(url):
        return await intake.by_file(tenant, kept, path, description)
    return await intake.by_url(url, path, description)
