"""A chat's answer as models, for `/openapi.json` (see `gateway/dialects/common/schemas.py`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gateway.dialects.common.cast import ToldFigure
from gateway.dialects.common.schemas import AboutPicture, DrawingUsage, Object, PictureError, RequestWarning


class PictureUrl(Object):
    """Where a picture is."""

    url: str | None = Field(
        description="A data URL or, with `delivery` url, a signed link; null if it is gone."
    )


class ChatPicture(AboutPicture):
    """A picture of a chat; the mark in the text that names its file says where it belongs."""

    index: int = Field(description="Its place in the list.")
    type: Literal["image_url"] = Field(description="Which part this is.")
    image_url: PictureUrl = Field(description="The picture.")
    size: str | None = Field(description="Width and height.")


class FailedChatPicture(Object):
    """A picture that will not come."""

    index: int = Field(description="Its place in the list.")
    picture: str = Field(description="Its name in the conversation.")
    error: PictureError = Field(description="Why.")


class ChatMessage(Object):
    """An answer; send it back as it is to go on."""

    role: Literal["assistant"] = Field(description="Who says it.")
    content: str = Field(description="The text, with a Markdown image where each picture belongs.")
    refusal: None = Field(description="There is none.")
    reasoning_content: str | None = Field(
        description="What the planner thought before, where it was asked to."
    )
    images: tuple[ChatPicture, ...] = Field(description="The pictures.")
    failed_images: tuple[FailedChatPicture, ...] = Field(description="Those that will not come.")


class ChatChoice(Object):
    """The one answer."""

    index: Literal[0] = Field(description="There is one.")
    message: ChatMessage = Field(description="What is said and drawn.")
    logprobs: None = Field(description="Likelihoods are not told.")
    finish_reason: Literal["stop", "length"] = Field(description="Why the text ends.")


class PromptTokens(Object):
    """Tokens read."""

    cached_tokens: int = Field(description="Read before, and kept.")


class CompletionTokens(Object):
    """Tokens written."""

    reasoning_tokens: int = Field(description="Of the planner's thoughts.")


class ChatUsage(DrawingUsage):
    """What an answer took."""

    prompt_tokens: int = Field(description="Tokens that the planner read.")
    completion_tokens: int = Field(description="Tokens that it wrote, descriptions included.")
    total_tokens: int = Field(description="Both.")
    prompt_tokens_details: PromptTokens = Field(description="Of the tokens read.")
    completion_tokens_details: CompletionTokens = Field(description="Of the tokens written.")


class ChatCompletion(Object):
    """A chat's answer."""

    id: str = Field(description="Names the completion.")
    object: Literal["chat.completion"] = Field(description="What this is.")
    created: int = Field(description="Unix time in seconds.")
    model: str = Field(description="Planner and visualizer together.")
    response_id: str = Field(description="The same answer in /v1/responses.")
    choices: tuple[ChatChoice, ...] = Field(description="One.")
    usage: ChatUsage | None = Field(description="What it took.")
    cast: tuple[ToldFigure, ...] = Field(description="Who returns in the pictures.")
    style: str | None = Field(description="Of all pictures.")
    warnings: tuple[RequestWarning, ...] = Field(description="What of the request was ignored.")
