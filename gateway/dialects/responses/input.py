"""The `input` of a `POST /v1/responses`: measured, its images checked and stored, and turned into a conversation.

It knows the form of input items; how images are named is the conversation's business.
"""

from __future__ import annotations

import asyncio

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import Conversation, Drawn, Sent
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.responses.items import file_id_of
from gateway.dialects.responses.request import Content, CreateResponse, DrawnPicture, InputImage, Message
from gateway.settings import Settings
from gateway.store.history import History


def check_lengths(body: CreateResponse, settings: Settings) -> None:
    """Refuse an input that says nothing, or more than is taken."""
    parts = [part for item in body.input if isinstance(item, Message) for part in item.content]
    texts = [part.text for part in parts if not isinstance(part, InputImage)]
    images = len(parts) - len(texts) + sum(isinstance(item, DrawnPicture) for item in body.input)
    check_input(texts, images, settings, "input")
    check_at_most(len(body.instructions or ""), settings.most_input_chars, "characters", "instructions")


async def read_conversation(body: CreateResponse, tenant: str, intake: Intake) -> Conversation:
    """The earlier turns, if there are any, and what the client says now.

    Raises:
        InvalidRequest: an image cannot be taken, or stands where none can.
        NotFound: a file, a picture or the earlier response is not there.
    """
    conversation = await _earlier(body.previous_response_id, tenant, intake.history)
    if body.instructions is not None:
        conversation.instruct(body.instructions)
    for place, item in enumerate(body.input):
        match item:
            case Message():
                await _add_message(conversation, item, f"input[{place}]", tenant, intake)
            case DrawnPicture() if item.status != "failed":
                conversation.add("assistant", [await _drawn(item, f"input[{place}]", tenant, intake)])
    return conversation


async def _earlier(response_id: str | None, tenant: str, history: History) -> Conversation:
    if response_id is None:
        return Conversation()
    earlier = await history.request(tenant, response_id, "previous_response_id")
    answer = await history.document(earlier.id)
    if answer.state == "in_progress":
        raise InvalidRequest(
            "`previous_response_id` names a response that is still being made; wait for it or cancel it.",
            code="response_in_progress",
            param="previous_response_id",
        )
    return Conversation.after(earlier, answer)


async def _add_message(
    conversation: Conversation, message: Message, path: str, tenant: str, intake: Intake
) -> None:
    role = "system" if message.role == "developer" else message.role
    if role != "user" and any(isinstance(part, InputImage) for part in message.content):
        raise InvalidRequest(
            f"`{path}` holds an image; only messages of the user can.", param=f"{path}.content"
        )
    parts = [
        _part(part, f"{path}.content[{place}]", tenant, intake) for place, part in enumerate(message.content)
    ]
    conversation.add(role, await asyncio.gather(*parts))


async def _part(part: Content, path: str, tenant: str, intake: Intake) -> str | Sent:
    match part:
        case InputImage():
            return await intake.by_ref(part, tenant, path)
        case _:
            return part.text


async def _drawn(item: DrawnPicture, path: str, tenant: str, intake: Intake) -> Drawn:
    if item.result is not None:
        image = await intake.images.from_base64(item.result, f"{path}.result")
        return Drawn(await intake.blobs.put(image.data, image.media_type), item.revised_prompt or "")
    file_id = file_id_of(item.id)
    try:
        return Drawn(await intake.files.blob_id(tenant, file_id, f"{path}.id"), item.revised_prompt or "")
    except NotFound:
        raise NotFound(
            f"There is no picture {item.id[:80]}; send its `result`.", param=f"{path}.id"
        ) from None
