"""The `input` of a `POST /v1/responses`: measured, its images checked and stored, and turned into a conversation.

It knows the form of input items; how images are named is the conversation's business.
"""

from __future__ import annotations

import asyncio

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.document import Item, Picture, Text
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.dialects.common.history import OtherPart, as_text, result_of
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.responses.input_forms import (
    DrawnPicture,
    EarlierMessage,
    EarlierText,
    InputFile,
    InputImage,
    InputText,
    ItemReference,
    Message,
    ToolOutput,
)
from gateway.dialects.responses.items import file_id_of
from gateway.dialects.responses.kept import KeptItems
from gateway.dialects.responses.request import CreateResponse
from gateway.settings import Settings
from gateway.store.history import History

Part = InputText | InputImage | InputFile


def check_lengths(body: CreateResponse, settings: Settings) -> None:
    """Refuse an input that says nothing, or more than is taken."""
    messages = [item for item in body.input if isinstance(item, Message | EarlierMessage)]
    parts = [part for message in messages for _, part in _parts(message)]
    texts = [part.text for part in parts if isinstance(part, InputText)]
    images = len(parts) - len(texts) + sum(isinstance(item, DrawnPicture) for item in body.input)
    results = [as_text(item.output) for item in body.input if isinstance(item, ToolOutput)]
    # What a reference names is known later; it says something.
    named = [item.id for item in body.input if isinstance(item, ItemReference)]
    check_input([*texts, *results, *named], images, settings, "input")
    check_at_most(len(body.instructions or ""), settings.most_input_chars, "characters", "instructions")


async def read_conversation(body: CreateResponse, tenant: str, intake: Intake) -> Conversation:
    """The earlier turns, if there are any, and what the client says now.

    Raises:
        InvalidRequest: an image cannot be taken.
        NotFound: a file, a picture, an item or the earlier response is not there.
    """
    conversation = await _earlier(body.previous_response_id, tenant, intake.history)
    if body.instructions is not None:
        conversation.instruct(body.instructions)
    kept = KeptItems(tenant, intake.history)
    for place, item in enumerate(body.input):
        path = f"input[{place}]"
        match item:
            case Message() | EarlierMessage():
                await _add_message(conversation, item, path, tenant, intake)
            case DrawnPicture() if item.status != "failed" and (item.result or item.id):
                conversation.add("assistant", [await _drawn(item, path, tenant, intake)])
            case ItemReference():
                conversation.add("assistant", [_kept(await kept.item(item.id, f"{path}.id"))])
            case ToolOutput():
                conversation.add("user", [result_of(item.name, item.output)])
            case _:
                pass  # it is told of as left out
    return conversation


async def _earlier(response_id: str | None, tenant: str, history: History) -> Conversation:
    if response_id is None:
        return Conversation()
    earlier = await history.kept(tenant, response_id, "previous_response_id")
    answer = await history.document(earlier.id)
    if answer.state == "in_progress":
        raise InvalidRequest(
            "`previous_response_id` names a response that is still being made; wait for it or cancel it.",
            code="response_in_progress",
            param="previous_response_id",
        )
    return Conversation.after(earlier, answer)


def _parts(message: Message | EarlierMessage) -> list[tuple[int, Part]]:
    """What a message says and shows, each with its place."""
    return [(place, part) for place, part in enumerate(message.content) if not isinstance(part, OtherPart)]


async def _add_message(
    conversation: Conversation, message: Message | EarlierMessage, path: str, tenant: str, intake: Intake
) -> None:
    taken = await asyncio.gather(
        *[_part(part, f"{path}.content[{place}]", tenant, intake) for place, part in _parts(message)]
    )
    match message.role:
        case "user":
            conversation.add("user", taken)
        case "assistant":
            conversation.add("assistant", [_as_drawn(part) for part in taken])
        case _:
            conversation.add("system", [part for part in taken if isinstance(part, str)])
            # What a system shows, the user may speak of.
            conversation.add("user", [part for part in taken if not isinstance(part, str)])


def _as_drawn(part: str | Sent) -> str | Drawn:
    return part if isinstance(part, str) else Drawn(part.blob, part.description or UNDESCRIBED)


async def _part(part: Part, path: str, tenant: str, intake: Intake) -> str | Sent:
    match part:
        case EarlierText(text=""):
            return part.refusal
        case InputText():
            return part.text
        case InputImage():
            return await intake.by_ref(part, tenant, path)
        case InputFile(file_id=str(file_id)):
            return await intake.by_file(tenant, file_id, f"{path}.file_id")
        case InputFile(file_data=str(data)):
            return await intake.by_data(data, f"{path}.file_data")
        case InputFile(file_url=str(url)):
            return await intake.by_url(url, f"{path}.file_url")
    raise InvalidRequest(f"`{path}` needs a file_id, file_data or file_url.", param=path)


async def _drawn(item: DrawnPicture, path: str, tenant: str, intake: Intake) -> Drawn:
    if item.result is not None:
        sent = await intake.by_data(item.result, f"{path}.result")
        return Drawn(sent.blob, item.revised_prompt or UNDESCRIBED)
    file_id = file_id_of(item.id)
    try:
        blob = await intake.files.blob_id(tenant, file_id, f"{path}.id")
    except NotFound:
        raise NotFound(
            f"There is no picture {item.id[:80]}; send its `result`.", param=f"{path}.id"
        ) from None
    return Drawn(blob, item.revised_prompt or UNDESCRIBED)


def _kept(item: Item) -> str | Drawn:
    match item:
        case Text():
            return item.text
        case Picture(blob=str(blob)):
            return Drawn(blob, item.description or UNDESCRIBED)
    return ""
