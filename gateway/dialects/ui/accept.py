"""Makes the gateway's `Request` of a `POST /v1/ui-messages`."""

from __future__ import annotations

import asyncio
import re

from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.errors import NotFound
from gateway.answer.request import Request
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import thinks, told_as_text
from gateway.dialects.common.file_urls import FILE_URL
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.ui.request import CreateMessage, FilePart, Message, TextPart
from visualizer_service.wire import Limits

# A file or picture that is kept here, as a URL with or without a host.
KEPT = re.compile(rf"{FILE_URL}$")


async def accept(body: CreateMessage, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`."""
    parts = [part for message in body.messages for part in message.parts]
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    images = [part for part in parts if isinstance(part, FilePart)]
    check_input(texts, len(images), intake.settings, "messages")
    request = build_request(body, body, _terms(body), tenant, limits, intake.settings)
    conversation = Conversation()
    for place, message in enumerate(body.messages):
        taken = [_part(message, number, f"messages[{place}]", tenant, intake) for number in _content(message)]
        conversation.add(message.role, await asyncio.gather(*taken))
    return await with_conversation(request, conversation, limits, intake)


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


def _content(message: Message) -> list[int]:
    """The places of the parts that are texts or images."""
    parts = enumerate(message.parts)
    return [number for number, part in parts if isinstance(part, TextPart | FilePart)]


async def _part(message: Message, number: int, path: str, tenant: str, intake: Intake) -> str | Sent | Drawn:
    part = message.parts[number]
    if not isinstance(part, FilePart):
        return part.text if isinstance(part, TextPart) else ""
    description = part.providerMetadata.weaver.description
    try:
        sent = await _image(part.url, description, f"{path}.parts[{number}].url", tenant, intake)
    except NotFound:
        if message.role != "assistant":
            raise
        # A picture that is no longer kept leaves its description: an old chat can still be gone on with.
        return description or UNDESCRIBED
    return Drawn(sent.blob, description or UNDESCRIBED) if message.role == "assistant" else sent


async def _image(url: str, description: str | None, path: str, tenant: str, intake: Intake) -> Sent:
    if kept := KEPT.search(url):
        return await intake.by_file(tenant, kept["file"], path, description)
    return await intake.by_url(url, path, description)
