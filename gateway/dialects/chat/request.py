"""OpenAI's `POST /v1/chat/completions` as we take it, and history as other models and clients wrote it.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from gateway.dialects.common.fields import (
    Absent,
    AnswerFields,
    Body,
    Description,
    Detail,
    EncodingFields,
    Ignored,
    Moderation,
    MostOutputTokens,
    NoLikelihoods,
    NoTools,
    PlainText,
    Stream,
    Unpadded,
    Who,
    one_or_many,
)
from gateway.dialects.common.forgiving import Unsupported, Unused
from gateway.dialects.common.history import (
    FILE,
    IMAGE,
    LEFT_OUT,
    TEXT,
    OtherPart,
    as_parts,
    earlier_part_kind,
    part_kind,
)

SentBack = Annotated[Any, Field(description="Taken and not used.")]
Calls = Annotated[Any, Unused("calls of tools are not read, what came of them is")]
OTHER_PARTS = "Only parts of type text, image_url and file are taken"


class TextPart(Body):
    """A piece of text."""

    type: str = Field(default="text", description="`text`.")
    text: str = Field(description="What is said.")
    annotations: SentBack = None
    logprobs: SentBack = None
    cache_control: Annotated[Any, Unused("what was read before is always found again, by its text")] = None


class EarlierText(TextPart):
    """A text of an earlier turn, or a refusal, which is one, too."""

    text: str = Field(default="", description="What was said.")
    refusal: str = Field(default="", description="What was said instead.")


def _image(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class ImageUrl(Body):
    """Where an image is."""

    url: str = Field(
        description="A data URL, or an https URL where the operator allows images to be fetched."
    )
    detail: Detail = "auto"
    description: Description = None


class ImagePart(Body):
    """An image, sent along."""

    type: str = Field(default="image_url", description="`image_url`.")
    image_url: Annotated[ImageUrl, BeforeValidator(_image, json_schema_input_type=ImageUrl | str)] | None = (
        Field(default=None, description="The image; a URL may stand for itself.")
    )
    file_id: str | None = Field(default=None, description="A file sent before, in its stead.")
    detail: Detail = "auto"


class FileId(Body):
    """A file that was sent before, or the file itself."""

    file_id: str | None = Field(default=None, description="Its name.")
    file_data: str | None = Field(default=None, description="An image as a data URL, or its base64.")
    filename: str | None = Field(default=None, description="Taken and not used.")


class FilePart(Body):
    """An image, sent before as a file."""

    type: str = Field(default="file", description="`file`.")
    file: FileId = Field(default=FileId(), description="The file.")
    file_id: str | None = Field(default=None, description="The same, as the Responses API says it.")
    file_data: str | None = Field(default=None, description="The same, as the Responses API says it.")
    filename: str | None = Field(default=None, description="Taken and not used.")


Sent = Annotated[
    Annotated[TextPart, Tag(TEXT)] | Annotated[ImagePart, Tag(IMAGE)] | Annotated[FilePart, Tag(FILE)],
    Discriminator(part_kind, custom_error_type="unsupported_part", custom_error_message=OTHER_PARTS),
]
Earlier = Annotated[
    Annotated[EarlierText, Tag(TEXT)]
    | Annotated[ImagePart, Tag(IMAGE)]
    | Annotated[FilePart, Tag(FILE)]
    | Annotated[OtherPart, Tag(LEFT_OUT)],
    Discriminator(earlier_part_kind),
]
SentParts = Annotated[
    tuple[Sent, ...],
    Field(fail_fast=True),
    BeforeValidator(as_parts, json_schema_input_type=str | tuple[Sent, ...]),
]
EarlierParts = Annotated[
    tuple[Earlier, ...],
    Field(fail_fast=True),
    BeforeValidator(as_parts, json_schema_input_type=str | tuple[Earlier, ...]),
]


class Instructions(Body):
    """What the system or a developer says."""

    role: Literal["system", "developer"] = Field(description="Who says it.")
    content: EarlierParts = Field(default=(), description="What is said.")
    name: Who = None


class UserMessage(Body):
    """What the user says and shows."""

    role: Literal["user"] = Field(description="Who says it.")
    content: SentParts = Field(default=(), description="A text, or texts and images in order.")
    name: Who = None


class AssistantMessage(Body):
    """An earlier answer, ours or another model's. Of ours, `content` alone matters: the marks in it name the pictures."""

    role: Literal["assistant"] = Field(description="Who said it.")
    content: EarlierParts = Field(default=(), description="The answer's text with its marks, or parts of it.")
    refusal: str = Field(default="", description="What was said instead.")
    images: SentBack = None
    failed_images: SentBack = None
    annotations: SentBack = None
    tool_calls: Calls = None
    function_call: Calls = None
    reasoning: Annotated[Any, Unused("thoughts are not read again")] = None
    reasoning_content: Annotated[Any, Unused("thoughts are not read again")] = None
    audio: Ignored = None
    name: Who = None
    parsed: SentBack = None


class ToolMessage(Body):
    """What a tool gave back; the planner reads it as text of the user's."""

    role: Literal["tool", "function"] = Field(description="Who gave it.")
    content: Any = Field(default=None, description="What it gave.")
    name: str | None = Field(default=None, description="Which tool it was.")
    tool_call_id: SentBack = None


Message = Annotated[Instructions | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


class StreamOptions(Body):
    """OpenAI's stream options; our chunks are never padded."""

    include_usage: bool = Field(default=False, description="End with a chunk that tells `usage`.")
    include_obfuscation: Unpadded = False


class CreateCompletion(AnswerFields, EncodingFields):
    """What to answer, and how. The fields after `max_completion_tokens` are OpenAI's and other vendors' of little or no effect here."""

    messages: Annotated[
        tuple[Message, ...],
        Field(fail_fast=True, min_length=1),
        BeforeValidator(one_or_many, json_schema_input_type=tuple[Message, ...]),
    ] = Field(description="The conversation so far.")
    modalities: Annotated[tuple[Literal["text", "image"], ...], BeforeValidator(one_or_many)] | None = Field(
        default=None, description="What the answer may consist of, where `mode` is not given."
    )
    stream: Stream = False
    stream_options: StreamOptions | None = Field(default=None, description="What a stream tells besides.")
    max_tokens: MostOutputTokens = None
    max_completion_tokens: MostOutputTokens = None
    reasoning_effort: str | None = Field(
        default=None,
        description="Whether a planner that can think does, and tells it in `reasoning_content`; `none` and `minimal` are no.",
    )

    n: Literal[1] | None = Field(default=None, description="One answer; `most_images` counts pictures.")
    response_format: PlainText | None = Field(default=None, description="How the text is written.")
    logprobs: NoLikelihoods = None
    top_logprobs: NoLikelihoods = None
    tools: NoTools = None
    tool_choice: Annotated[None, Unsupported("pictures are the one tool, and always at hand")] = None
    functions: NoTools = None
    function_call: Annotated[None, Unsupported("pictures are the one tool, and always at hand")] = None
    audio: Absent = None
    moderation: Moderation = None
    prediction: Ignored = None
    verbosity: Annotated[Any, Unused("the planner writes as it was asked to", neutral=("medium",))] = None
    web_search_options: Annotated[Any, Unused("nothing is searched for")] = None
