"""What the AI SDK's `DefaultChatTransport` sends, as we take it; our own options come in its `body`.

It knows the form of a request only; `accept` decides whether it can be done.

Source:
    ai 6.0 (npm), `UIMessage` and `HttpChatTransport.sendMessages`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from gateway.dialects.common.fields import AnswerFields, Body, EncodingFields, MostOutputTokens, Previews


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

    type: Literal["text"] = Field(description="Which part this is.")
    text: str = Field(description="What is said.")
    state: Literal["streaming", "done"] | None = Field(default=None, description="Taken and not used.")
    providerMetadata: Any = Field(default=None, description="Taken and not used.")


class FilePart(Body):
    """An image: a data URL, or the URL of a file or picture that is kept here."""

    type: Literal["file"] = Field(description="Which part this is.")
    url: str = Field(description="Where the image is.")
    mediaType: str = Field(description="Taken and not used; a data URL says it again.")
    filename: str | None = Field(default=None, description="Taken and not used.")
    providerMetadata: Metadata = Field(default=Metadata(), description="What is known of the image.")


class DataPart(Body):
    """What came with an answer beside texts and pictures; taken and not used."""

    type: str = Field(description="Begins with `data-`.")
    id: str | None = Field(default=None, description="Taken and not used.")
    data: Any = Field(default=None, description="Taken and not used.")


class StepStart(Body):
    """Where a step of an answer began; taken and not used."""

    type: Literal["step-start"] = Field(description="Which part this is.")


def _kind(part: Any) -> str | None:
    kind = part.get("type") if isinstance(part, dict) else getattr(part, "type", None)
    return "data-…" if isinstance(kind, str) and kind.startswith("data-") else kind


Part = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[FilePart, Tag("file")]
    | Annotated[DataPart, Tag("data-…")]
    | Annotated[StepStart, Tag("step-start")],
    Discriminator(_kind),
]


class Message(Body):
    """One message of the chat."""

    id: str | None = Field(default=None, description="Taken and not used.")
    role: Literal["system", "user", "assistant"] = Field(description="Whose turn it is.")
    parts: tuple[Part, ...] = Field(fail_fast=True, description="Texts and images, in order.")
    metadata: Any = Field(default=None, description="Taken and not used.")


class CreateMessage(AnswerFields, EncodingFields):
    """What to answer, and how. The fields after `max_output_tokens` are the AI SDK's, taken and not used."""

    messages: tuple[Message, ...] = Field(fail_fast=True, min_length=1, description="The chat so far.")
    partial_images: Previews = Field(default=0, description="How often a picture is shown on the way.")
    max_output_tokens: MostOutputTokens = None

    id: str | None = Field(default=None, description="Taken and not used.")
    trigger: Literal["submit-message", "regenerate-message"] = Field(
        default="submit-message", description="Taken and not used."
    )
    messageId: str | None = Field(default=None, description="Taken and not used.")
