"""Google's `models.generateContent` as we take it: the fields we act on, and the ones that may only have their default.

Like Google's, fields may be spelled `inlineData` or `inline_data`. It knows the form of a request only; `accept` decides whether it
can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from gateway.dialects.common.fields import (
    MOST_SEED,
    Absent,
    Body,
    MostOutputTokens,
    Temperature,
    TopP,
    Unsupported,
)

Ratio = Annotated[str, Field(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]


class Form(Body):
    """An object of the request, its fields in either spelling."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Blob(Form):
    """An image; `data` is base64 in either alphabet."""

    mime_type: Literal["image/png", "image/jpeg", "image/webp"] = Field(description="Its type.")
    data: str = Field(description="Its base64.")
    display_name: str | None = Field(default=None, description="Taken and not used.")


class TextPart(Form):
    """A piece of text."""

    text: str = Field(description="What is said.")


class Metadata(Body):
    """What is known of a part beyond its bytes; comes with each picture of an answer, and with each that failed."""

    model_config = ConfigDict(extra="ignore")

    description: str | None = Field(
        default=None, description="Tells a planner that sees no images what is on this one."
    )
    error: Any = Field(default=None, description="Why a picture did not come; such a part is passed over.")


class Part(Form):
    """A text or an image."""

    text: str | None = Field(default=None, description="What is said.")
    inline_data: Blob | None = Field(default=None, description="An image, if it is no text.")
    part_metadata: Metadata = Field(default=Metadata(), description="What is known of the image.")
    thought_signature: str | None = Field(default=None, description="Taken and not used.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.text is None) == (self.inline_data is None):
            raise ValueError("needs either text or inlineData.")
        return self


class Content(Form):
    """One turn, or a part of one."""

    role: Literal["user", "model"] = Field(default="user", description="Whose turn it is.")
    parts: tuple[Part, ...] = Field(fail_fast=True, min_length=1, description="Texts and images, in order.")


class SystemInstruction(Form):
    """What the system says before everything else."""

    role: str | None = Field(default=None, description="Taken and not used.")
    parts: tuple[TextPart, ...] = Field(fail_fast=True, min_length=1, description="Texts.")


class ImageConfig(Form):
    """How pictures are to be."""

    aspect_ratio: Ratio | None = Field(
        default=None, description="Width to height, as far as the model draws such pictures."
    )
    image_size: Annotated[None, Unsupported("the model knows its sizes; say an aspect ratio")] = None


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


Modality = Annotated[Literal["TEXT", "IMAGE"], BeforeValidator(_upper)]


class GenerationConfig(Form):
    """How to answer. The fields after `image_config` are Google's that may have one value only, or none."""

    temperature: Temperature = None
    top_p: TopP = None
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED, description="Same seed, same answer.")
    max_output_tokens: MostOutputTokens = None
    response_modalities: tuple[Modality, ...] | None = Field(
        default=None, min_length=1, description="What the answer may consist of; left out, text and images."
    )
    image_config: ImageConfig = Field(default=ImageConfig(), description="Of which shape pictures are.")

    candidate_count: Literal[1] | None = Field(default=None, description="One answer.")
    response_mime_type: Literal["text/plain"] | None = Field(default=None, description="Plain text.")
    response_schema: Absent = None
    response_json_schema: Absent = None
    stop_sequences: tuple[()] | None = Field(default=None, description="None: the text ends by itself.")
    top_k: Annotated[None, Unsupported("`topP` is taken")] = None
    presence_penalty: Literal[0] | None = Field(default=None, description="Words are not weighed by use.")
    frequency_penalty: Literal[0] | None = Field(default=None, description="Words are not weighed by use.")
    response_logprobs: Literal[False] | None = Field(default=None, description="Likelihoods are not told.")
    logprobs: Absent = None
    speech_config: Absent = None
    thinking_config: Annotated[None, Unsupported("the planner does not reason apart from its text")] = None
    media_resolution: Absent = None


class GenerateContent(Form):
    """What to answer, and how. The fields after `store` are Google's that mean nothing here."""

    contents: tuple[Content, ...] = Field(
        fail_fast=True, min_length=1, description="The conversation so far."
    )
    system_instruction: SystemInstruction | None = Field(default=None, description="What the system says.")
    generation_config: GenerationConfig = Field(default=GenerationConfig(), description="How to answer.")
    store: bool = Field(default=True, description="Whether the answer can be asked for at /v1/responses.")

    safety_settings: tuple[()] | None = Field(default=None, description="None: nothing is moderated here.")
    tools: tuple[()] | None = Field(default=None, description="None: pictures are always at hand.")
    tool_config: Absent = None
    cached_content: Absent = None
    labels: Absent = None
    service_tier: Absent = None
