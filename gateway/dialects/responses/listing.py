"""Lists of OpenAI's form: what a response was asked, and the responses of a tenant.

Source:
    openai-python 3.54, `resources/responses/input_items` and its `SyncCursorPage`. The list of responses is ours, in the same form.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field

from gateway.answer.document import Document, DocumentState
from gateway.answer.request import Request
from gateway.dialects.common.pictures import url
from gateway.dialects.common.schemas import Object
from planner_service.wire import ImagePart, Message, PicturePart, TextPart

MOST = 100
TITLE_CHARS = 80

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Order = Annotated[Literal["asc", "desc"], Query(description="Oldest or newest first.")]
After = Annotated[str | None, Query(description="The `last_id` of the list before.")]


class ListedResponse(Object):
    """A response in a list: enough to choose one by."""

    id: str = Field(description="Names the answer.")
    object: Literal["response"] = Field(default="response", description="What this is.")
    created_at: int = Field(description="Unix time in seconds.")
    status: DocumentState = Field(description="How far it is, or how it ended.")
    model: str = Field(description="Planner and visualizer together.")
    title: str = Field(description="What was asked, its beginning.")
    pictures: int = Field(description="How many are drawn.")
    first_picture: str | None = Field(description="A signed link to the first of them.")
    previous_response_id: str | None = Field(description="The answer that it goes on from.")
    metadata: dict[str, str] = Field(description="As sent.")


class ResponseList(Object):
    """Responses of whoever asks."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[ListedResponse, ...] = Field(description="The responses.")
    first_id: str | None = Field(description="The first one's.")
    last_id: str | None = Field(description="The last one's, to go on after.")
    has_more: bool = Field(description="Whether more follow.")


class InputItem(Object):
    """A message that was asked."""

    id: str = Field(description="Names it within this list.")
    type: Literal["message"] = Field(default="message", description="Which item this is.")
    role: Literal["user", "assistant", "system", "developer"] = Field(description="Whose turn it was.")
    status: Literal["completed"] = Field(default="completed", description="It is whole.")
    content: tuple[dict[str, Any], ...] = Field(
        description="Its parts: input_text, output_text, and input_image with its name and description."
    )


class InputItemList(Object):
    """What a response was asked, earlier turns included."""

    object: Literal["list"] = Field(default="list", description="What this is.")
    data: tuple[InputItem, ...] = Field(description="The messages.")
    first_id: str | None = Field(description="The first one's.")
    last_id: str | None = Field(description="The last one's, to go on after.")
    has_more: bool = Field(description="Whether more follow.")


def listed(request: Request, document: Document) -> ListedResponse:
    """A response in a list."""
    drawn = [picture for picture in document.pictures if picture.blob]
    return ListedResponse(
        id=request.id,
        created_at=int(request.created_at),
        status=document.state,
        model=request.model,
        title=_title(request),
        pictures=len(drawn),
        first_picture=url(request, drawn[0]) if drawn else None,
        previous_response_id=request.previous_response_id,
        metadata=request.metadata,
    )


def page(responses: list[ListedResponse], has_more: bool) -> ResponseList:
    """A page of the list."""
    first, last = (responses[0].id, responses[-1].id) if responses else (None, None)
    return ResponseList(data=tuple(responses), first_id=first, last_id=last, has_more=has_more)


def input_items(
    request: Request, after: str | None, limit: int, order: Literal["asc", "desc"]
) -> InputItemList:
    """What was asked, in order."""
    name = request.id.removeprefix("resp_")
    items = [_item(f"msg_in_{name}_{place}", message) for place, message in enumerate(request.messages)]
    if order == "desc":
        items.reverse()
    ids = [item.id for item in items]
    start = ids.index(after) + 1 if after in ids else 0
    shown = items[start : start + limit]
    first, last = (shown[0].id, shown[-1].id) if shown else (None, None)
    return InputItemList(data=tuple(shown), first_id=first, last_id=last, has_more=start + limit < len(items))


def _item(id: str, message: Message) -> InputItem:
    said = "output_text" if message.role == "assistant" else "input_text"
    parts: list[dict[str, Any]] = []
    for part in message.content:
        match part:
            case TextPart(text=text):
                parts.append(
                    {"type": said, "text": text} | ({"annotations": []} if said == "output_text" else {})
                )
            case ImagePart() | PicturePart():
                image = {"type": "input_image", "detail": "auto", "image_url": None, "file_id": None}
                parts.append(image | {"picture": part.id, "description": part.description})
    return InputItem(id=id, role=message.role, content=tuple(parts))


def _title(request: Request) -> str:
    """The beginning of what the user said last."""
    texts = [
        part.text
        for message in request.messages
        if message.role == "user"
        for part in message.content
        if isinstance(part, TextPart)
    ]
    words = " ".join((texts or [""])[-1].split())
    return words if len(words) <= TITLE_CHARS else f"{words[: TITLE_CHARS - 1]}…"
