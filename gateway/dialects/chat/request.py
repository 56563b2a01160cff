"""OpenAI's `POST /v1/chat/completions` as we take it: the fields we act on, and the ones that may only have their default.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gateway.dialects.fields import Answering, Body, Encoding, PlainText


class TextPart(Body):
    """A piece of text."""

    type: Literal["text"]
    text: str


class ImageUrl(Body):
    """A data URL; `description` is ours and tells a planner that sees no images what is on it."""

    url: str
    detail: Literal["auto", "low", "high"] = "auto"
    description: str | None = Field(default=None, max_length=2000)


class ImagePart(Body):
    """An image, sent along."""

    type: Literal["image_url"]
    image_url: ImageUrl


class FileId(Body):
    """A file that was sent before."""

    file_id: str
    file_data: None = None
    filename: str | None = None


class FilePart(Body):
    """An image, sent before as a file."""

    type: Literal["file"]
    file: FileId


def _content(value: Any) -> Any:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


Sent = Annotated[TextPart | ImagePart | FilePart, Field(discriminator="type")]
Said = Annotated[tuple[TextPart, ...], BeforeValidator(_content)]


class Instructions(Body):
    """What the system or a developer says."""

    role: Literal["system", "developer"]
    content: Said = Field(min_length=1)
    name: None = None


class UserMessage(Body):
    """What the user says and shows."""

    role: Literal["user"]
    content: Annotated[tuple[Sent, ...], BeforeValidator(_content)] = Field(min_length=1)
    name: None = None


class AssistantMessage(BaseModel):
    """An earlier answer, sent back as it came; only `content` matters, for the marks in it name the pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["assistant"]
    content: Said = ()
    images: tuple[Any, ...] | None = Field(default=None, description="Taken and not used.")
    failed_images: tuple[Any, ...] | None = Field(default=None, description="Taken and not used.")
    annotations: tuple[Any, ...] | None = None
    refusal: None = None
    audio: None = None
    function_call: None = None
    tool_calls: tuple[()] | None = None
    name: None = None
    parsed: None = None


Message = Annotated[Instructions | UserMessage | AssistantMessage, Field(discriminator="role")]


class StreamOptions(Body):
    """OpenAI's stream options; our chunks are never padded."""

    include_usage: bool = False
    include_obfuscation: bool = False


class CreateCompletion(Answering, Encoding):
    """What to answer, and how. The fields after `max_completion_tokens` are OpenAI's that may have one value only, or none."""

    messages: tuple[Message, ...] = Field(min_length=1, description="The conversation so far.")
    modalities: tuple[Literal["text", "image"], ...] | None = Field(
        default=None, min_length=1, description="What the answer may consist of, where `mode` is not given."
    )
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=16, description="As `max_completion_tokens`.")
    max_completion_tokens: int | None = Field(default=None, ge=16)

    n: Literal[1] | None = None
    response_format: PlainText | None = None
    frequency_penalty: Literal[0] | None = None
    presence_penalty: Literal[0] | None = None
    logprobs: Literal[False] | None = None
    top_logprobs: Literal[0] | None = None
    tools: None = None
    tool_choice: Literal["auto", "none"] | None = None
    audio: None = None
    function_call: None = None
    functions: None = None
    logit_bias: None = None
    moderation: None = None
    prediction: None = None
    prompt_cache_options: None = None
    prompt_cache_retention: None = None
    reasoning_effort: None = None
    stop: None = None
    verbosity: None = None
    web_search_options: None = None
