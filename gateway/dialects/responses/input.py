"""The `input` of a `POST /v1/responses`: measured, its images checked and stored, and turned into a conversation.

It knows the form of input items; how images are named is the conversation's business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.document import Item, Picture, Text
from gateway.answer.errors import InvalidRequest, NotFound
from gateway.dialects.common.history import as_text, result_of
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.common.sent_back import Earlier
from gateway.dialects.responses.earlier import Part, is_shown, parts, pictures_sent_back
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """Whose input is read, with what, and which of its earlier pictures are taken."""

    tenant: str
    intake: Intake
    earlier: Earlier


def check_lengths(body: CreateResponse, settings: Settings) -> Earlier:
    """The pictures of earlier answers in it. Refuses an input that says nothing, or more than is taken."""
    shown = [part for message in _messages(body) for _, part in parts(message)]
    earlier = Earlier(list(pictures_sent_back(body.input)))
    of_answers = [message for message in _messages(body) if message.role == "assistant"]
    images = sum(not isinstance(part, InputText) for part in shown)
    images -= sum(not isinstance(part, InputText) for message in of_answers for _, part in parts(message))
    # What a reference names is known later; it says something.
    named = [item.id for item in body.input if isinstance(item, ItemReference)]
    check_input([*_texts(body), *named], images, settings, "input", earlier)
    check_at_most(len(body.instructions or ""), settings.most_input_chars, "characters", "instructions")
    return earlier


async def read_conversation(
    body: CreateResponse, tenant: str, intake: Intake, earlier: Earlier
) -> Conversation:
    """The earlier turns, if there are any, and what the client says now.

    Raises:
        InvalidRequest: an image cannot be taken, or the items that are named have too many characters.
        NotFound: a file, a picture, an item or the earlier response is not there.
    """
    conversation = await _earlier(body.previous_response_id, tenant, intake.history)
    if body.instructions is not None:
        conversation.instruct(body.instructions)
    sent = sum(map(len, _texts(body)))
    kept = KeptItems(tenant, intake.history, sent, intake.settings.most_input_chars)
    reading = _Reading(tenant, intake, earlier)
    for place, item in enumerate(body.input):
        path = f"input[{place}]"
        match item:
            case Message() | EarlierMessage():
                await _add_message(conversation, item, path, reading)
            case DrawnPicture() if is_shown(item):
                conversation.add("assistant", [await _drawn(item, path, reading)])
            case ItemReference():
                found = await kept.item(item.id, f"{path}.id")
                conversation.add("assistant", [_kept(found, earlier.is_too_old(path))])
            case ToolOutput():
                conversation.add("user", [result_of(item.name, item.output)])
            case _:
                pass  # it is told of as left out
    return conversation


def _messages(body: CreateResponse) -> list[Message | EarlierMessage]:
    return [item for item in body.input if isinstance(item, Message | EarlierMessage)]


def _texts(body: CreateResponse) -> list[str]:
    shown = [part for message in _messages(body) for _, part in parts(message)]
    results = [as_text(item.output) for item in body.input if isinstance(item, ToolOutput)]
    return [*(part.text for part in shown if isinstance(part, InputText)), *results]


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


async def _add_message(
    conversation: Conversation, message: Message | EarlierMessage, path: str, reading: _Reading
) -> None:
    taken = await asyncio.gather(
        *[_part(part, f"{path}.content[{place}]", reading) for place, part in parts(message)]
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


async def _part(part: Part, path: str, reading: _Reading) -> str | Sent:
    tenant, intake = reading.tenant, reading.intake
    match part:
        case EarlierText(text=""):
            return part.refusal
        case InputText():
            return part.text
        case InputImage() | InputFile() if reading.earlier.is_too_old(path):
            return (part.description if isinstance(part, InputImage) else None) or UNDESCRIBED
        case InputImage():
            return await intake.by_ref(part, tenant, path)
        case InputFile(file_id=str(file_id)):
            return await intake.by_file(tenant, file_id, f"{path}.file_id")
        case InputFile(file_data=str(data)):
            return await intake.by_data(data, f"{path}.file_data")
        case InputFile(file_url=str(url)):
            return await intake.by_url(url, f"{path}.file_url")
    raise InvalidRequest(f"`{path}` needs a file_id, file_data or file_url.", param=path)


async def _drawn(item: DrawnPicture, path: str, reading: _Reading) -> str | Drawn:
    description = item.revised_prompt or UNDESCRIBED
    if reading.earlier.is_too_old(path):
        return description
    if item.result is not None:
        sent = await reading.intake.by_data(item.result, f"{path}.result")
        return Drawn(sent.blob, description)
    try:
        sent = await reading.intake.by_file(reading.tenant, file_id_of(item.id), f"{path}.id")
    except NotFound:
        raise NotFound(
            f"There is no picture {item.id[:80]}; send its `result`.", param=f"{path}.id"
        ) from None
    return Drawn(sent.blob, description)


def _kept(item: Item, is_too_old: bool) -> str | Drawn:
    match item:
        case Text():
            return item.text
        case Picture(blob=str(blob)):
            description = item.description or UNDESCRIBED
            return description if is_too_old else Drawn(blob, description)
    return ""
