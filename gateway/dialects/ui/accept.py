"""Makes the gateway's `Request` of a `POST /v1/ui-messages`."""

from __future__ import annotations

import asyncio
import re

from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.errors import NotFound
from gateway.answer.request import Request
from gateway.dialects.common.accept import Terms, settled, with_conversation
from gateway.dialects.common.intake import Intake, check_said
from gateway.dialects.ui.request import CreateMessage, DataPart, FilePart, Message, StepStart, TextPart
from gateway.store.file_ids import FILE_ID
from visualizer_service.wire import Limits

# A file or picture that is kept here, as a URL with or without a host.
KEPT = re.compile(rf"/v1/files/(?P<file>{FILE_ID})/content(?:\?[\w=&]*)?$")


async def accept(body: CreateMessage, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; the images in it are stored.

    Args:
        body: has the right form, nothing more is known of it.
        tenant: whose request it is.
        limits: what the pool's model can draw.
        intake: what is needed to judge.

    Raises:
        InvalidRequest: it cannot be done; the error names the field and the limit.
        NotFound: it refers to a model or file that is not there.
    """
    said = [part for message in body.messages for part in message.parts]
    texts = [part.text for part in said if isinstance(part, TextPart)]
    images = [part for part in said if isinstance(part, FilePart)]
    check_said(texts, len(images), intake.settings, "messages")
    request = settled(body, _terms(body), tenant, limits, intake.settings)
    taken = Conversation()
    for place, message in enumerate(body.messages):
        told = [_part(message, number, f"messages[{place}]", tenant, intake) for number in _telling(message)]
        taken.add(message.role, await asyncio.gather(*told))
    # A picture of an early turn may be about to run out of time.
    await intake.blobs.touch(picture.blob for picture in taken.pictures)
    return with_conversation(request, taken, limits)


def _terms(body: CreateMessage) -> Terms:
    return Terms(
        mode=body.mode,
        size=(body.size, "size"),
        encoding=(body, ""),
        output_tokens=(body.max_output_tokens, "max_output_tokens"),
        least_images=body.least_images,
        previews=body.partial_images,
    )


def _telling(message: Message) -> list[int]:
    """The places of the parts that say something."""
    parts = enumerate(message.parts)
    return [number for number, part in parts if not isinstance(part, DataPart | StepStart)]


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
