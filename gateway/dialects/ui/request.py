"""What the AI SDK's `DefaultChatTransport` sends, as we take it; our own options come in its `body`.

It knows the form of a request only; `accept` decides whether it can be done.

Source:
    ai 6.0 (npm), `UIMessage` and `HttpChatTransport.sendMessages`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from gateway.dialects.common.fields import (
    AnswerFields,
    Body,
    EncodingFields,
    MostOutputTokens,
    Previews,
    one_or_many,
)
from gateway.dialects.common.forgiving import LeftOut
from gateway.dialects.common.history import FILE, LEFT_OUT, TEXT, as_parts

PASSED_OVER = "passed over"


class Known(Body):
    """What is known of a picture beyond its bytes; comes with each picture of an answer."""

    model_config = ConfigDict(extra="ignore")

    description: str | None = Field(
        default=None, description="Tells a planner that sees no images what is on this one."
    )


class Metadata(Body):
    """What providers say of a part; others' is not used."""

    model_config = ConfigDict(extra="ignore")

    weaver: Known = Field(default=Known(), description="What we said of it.")


class TextPart(Body):
    """A piece of text."""

    type: Literal["text"] = Field(default="text", description="Which part this is.")
    text: str = Field(default="", description="What is said.")
    state: Any = Field(default=None, description="Taken and not used.")
    providerMetadata: Any = Field(default=None, description="Taken and not used.")


class FilePart(Body):
    """An image: a data URL, or the URL of a file or picture that is kept here."""

    type: Literal["file"] = Field(description="Which part this is.")
    url: str = Field(description="Where the image is.")
    mediaType: Any = Field(default=None, description="Taken and not used; the image says it itself.")
    filename: Any = Field(default=None, description="Taken and not used.")
    providerMetadata: Metadata = Field(default=Metadata(), description="What is known of the image.")


class PassedOver(Body):
    """What came with an answer beside texts and pictures, `data-` parts of ours, and where its steps begin; not used."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(description="`step-start`, or begins with `data-`.")


class OtherPart(LeftOut):
    """A thought, a source, a call of a tool, of another model's answer."""

    type: Any = Field(default=None, description="Which part this is.")


def _kind(part: Any) -> str:
    if isinstance(part, str):
        return TEXT
    if not isinstance(part, dict):
        return ""
    kind = part.get("type") or ("text" if "text" in part else "")
    if kind in ("text", "file"):
        return f"{kind} part"
    ours = isinstance(kind, str) and (kind == "step-start" or kind.startswith("data-"))
    return PASSED_OVER if ours else LEFT_OUT


Part = Annotated[
    Annotated[TextPart, Tag(TEXT)]
    | Annotated[FilePart, Tag(FILE)]
    | Annotated[PassedOver, Tag(PASSED_OVER)]
    | Annotated[OtherPart, Tag(LEFT_OUT)],
    Discriminator(
        _kind, custom_error_type="unsupported_part", custom_error_message="A part must be an object"
    ),
]


def _parts(value: Any) -> Any:
    """The message with its text as a part, where it comes as `content` as it did in earlier versions of the AI SDK."""
    if isinstance(value, dict) and "parts" not in value and value.get("content") is not None:
        return {name: one for name, one in value.items() if name != "content"} | {"parts": value["content"]}
    return value


class Message(Body):
    """One message of the chat."""

    id: Any = Field(default=None, description="Taken and not used.")
    role: Literal["system", "user", "assistant"] = Field(description="Whose turn it is.")
    parts: Annotated[
        tuple[Part, ...],
        Field(fail_fast=True),
        BeforeValidator(as_parts, json_schema_input_type=str | tuple[Part, ...]),
    ] = Field(default=(), description="Texts and images, in order.")
    metadata: Any = Field(default=None, description="Taken and not used.")
    createdAt: Any = Field(default=None, description="Taken and not used.")


SentMessage = Annotated[Message, BeforeValidator(_parts, json_schema_input_type=Message)]


class CreateMessage(AnswerFields, EncodingFields):
    """What to answer, and how. The fields after `reasoning_effort` are the AI SDK's, taken and not used."""

    messages: Annotated[
        tuple[SentMessage, ...],
        Field(fail_fast=True, min_length=1),
        BeforeValidator(one_or_many, json_schema_input_type=tuple[SentMessage, ...]),
    ] = Field(description="The chat so far.")
    partial_images: Previews = Field(default=0, description="How often a picture is shown on the way.")
    max_output_tokens: MostOutputTokens = None
    reasoning_effort: str | None = Field(
        default=None,
        description="Whether a planner that can think does, and tells it in `reasoning` parts; `none` and `minimal` are no.",
    )

    id: Any = Field(default=None, description="Taken and not used.")
    trigger: Any = Field(default=None, description="Taken and not used.")
    messageId: Any = Field(default=None, description="Taken and not used.")
