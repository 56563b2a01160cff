"""OpenAI's `POST /v1/chat/completions` as we take it: the fields we act on, and the ones that may only have their default.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gateway.dialects.common.fields import (
    Absent,
    AnswerFields,
    Body,
    Description,
    EncodingFields,
    Moderation,
    MostOutputTokens,
    PlainText,
    Stream,
    Unpadded,
    Unsupported,
)

Ignored = Annotated[Any, Field(description="Taken and not used.")]
Unnamed = Annotated[None, Unsupported("everybody is known by role")]
Tools = Annotated[None, Unsupported("pictures are the one tool, and always at hand")]


class TextPart(Body):
    """A piece of text."""

    type: Literal["text"] = Field(description="Which part this is.")
    text: str = Field(description="What is said.")


class ImageUrl(Body):
    """Where an image is."""

    url: str = Field(
        description="A data URL, or an https URL where the operator allows images to be fetched."
    )
    detail: Literal["auto", "low", "high"] = Field(
        default="auto", description="Taken and not used: images are seen whole."
    )
    description: Description = None


class ImagePart(Body):
    """An image, sent along."""

    type: Literal["image_url"] = Field(description="Which part this is.")
    image_url: ImageUrl = Field(description="The image.")


class FileId(Body):
    """A file that was sent before."""

    file_id: str = Field(description="Its name.")
    file_data: Annotated[None, Unsupported("send an image as `image_url`, or as a file first")] = None
    filename: str | None = Field(default=None, description="Taken and not used.")


class FilePart(Body):
    """An image, sent before as a file."""

    type: Literal["file"] = Field(description="Which part this is.")
    file: FileId = Field(description="The file.")


def _content(value: Any) -> Any:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


Sent = Annotated[TextPart | ImagePart | FilePart, Field(discriminator="type")]
Texts = Annotated[tuple[TextPart, ...], Field(fail_fast=True, min_length=1)]
Parts = Annotated[tuple[Sent, ...], Field(fail_fast=True, min_length=1)]


class Instructions(Body):
    """What the system or a developer says."""

    role: Literal["system", "developer"] = Field(description="Who says it.")
    content: Annotated[Texts, BeforeValidator(_content, json_schema_input_type=str | Texts)] = Field(
        description="What is said."
    )
    name: Unnamed = None


class UserMessage(Body):
    """What the user says and shows."""

    role: Literal["user"] = Field(description="Who says it.")
    content: Annotated[Parts, BeforeValidator(_content, json_schema_input_type=str | Parts)] = Field(
        description="A text, or texts and images in order."
    )
    name: Unnamed = None


class AssistantMessage(Body):
    """An earlier answer, sent back as it came; only `content` matters, for the marks in it name the pictures."""

    role: Literal["assistant"] = Field(description="Who said it.")
    content: Annotated[
        tuple[TextPart, ...], BeforeValidator(_content, json_schema_input_type=str | tuple[TextPart, ...])
    ] = Field(default=(), description="The answer's text with its marks.")
    images: tuple[Ignored, ...] | None = Field(default=None, description="Taken and not used.")
    failed_images: tuple[Ignored, ...] | None = Field(default=None, description="Taken and not used.")
    annotations: tuple[Ignored, ...] | None = Field(default=None, description="Taken and not used.")
    refusal: Absent = None
    audio: Absent = None
    function_call: Tools = None
    tool_calls: tuple[()] | None = Field(default=None, description="None, for there are no tools.")
    name: Unnamed = None
    parsed: Absent = None


Message = Annotated[Instructions | UserMessage | AssistantMessage, Field(discriminator="role")]


class StreamOptions(Body):
    """OpenAI's stream options; our chunks are never padded."""

    include_usage: bool = Field(default=False, description="End with a chunk that tells `usage`.")
    include_obfuscation: Unpadded = False


class CreateCompletion(AnswerFields, EncodingFields):
    """What to answer, and how. The fields after `max_completion_tokens` are OpenAI's that may have one value only, or none."""

    messages: tuple[Message, ...] = Field(
        fail_fast=True, min_length=1, description="The conversation so far."
    )
    modalities: tuple[Literal["text", "image"], ...] | None = Field(
        default=None, min_length=1, description="What the answer may consist of, where `mode` is not given."
    )
    stream: Stream = False
    stream_options: StreamOptions | None = Field(default=None, description="What a stream tells besides.")
    max_tokens: int | None = Field(default=None, ge=16, description="As `max_completion_tokens`.")
    max_completion_tokens: MostOutputTokens = None

    n: Literal[1] | None = Field(default=None, description="One answer; `most_images` counts pictures.")
    response_format: PlainText | None = Field(default=None, description="How the text is written.")
    frequency_penalty: Literal[0] | None = Field(default=None, description="Words are not weighed by use.")
    presence_penalty: Literal[0] | None = Field(default=None, description="Words are not weighed by use.")
    logprobs: Literal[False] | None = Field(default=None, description="Likelihoods are not told.")
    top_logprobs: Literal[0] | None = Field(default=None, description="Likelihoods are not told.")
    tools: Tools = None
    tool_choice: Literal["auto", "none"] | None = Field(default=None, description="Of no effect: no tools.")
    audio: Absent = None
    function_call: Tools = None
    functions: Tools = None
    logit_bias: Absent = None
    moderation: Moderation = None
    prediction: Absent = None
    prompt_cache_options: Absent = None
    prompt_cache_retention: Absent = None
    reasoning_effort: Annotated[None, Unsupported("the planner does not reason apart from its text")] = None
    stop: Annotated[None, Unsupported("the text ends where the story does, or at its most tokens")] = None
    verbosity: Absent = None
    web_search_options: Absent = None
