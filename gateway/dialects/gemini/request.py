"""Google's `models.generateContent` as we take it: the fields we act on, and the ones that may only have their default.

Like Google's, fields may be spelled `inlineData` or `inline_data`. It knows the form of a request only; `accept` decides whether it
can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from gateway.dialects.fields import MOST_SEED, Body

Ratio = Annotated[str, Field(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]


class Form(Body):
    """An object of the request, its fields in either spelling."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Blob(Form):
    """An image; `data` is base64 in either alphabet."""

    mime_type: Literal["image/png", "image/jpeg", "image/webp"]
    data: str
    display_name: str | None = Field(default=None, description="Taken and not used.")


class TextPart(Form):
    """A piece of text."""

    text: str


class Metadata(Body):
    """What is known of a part beyond its bytes; comes with each picture of an answer, and with each that failed."""

    model_config = ConfigDict(extra="ignore")

    description: str | None = Field(
        default=None, description="Tells a planner that sees no images what is on this one."
    )
    error: Any = Field(default=None, description="Why a picture did not come; such a part is passed over.")


class Part(Form):
    """A text or an image."""

    text: str | None = None
    inline_data: Blob | None = None
    part_metadata: Metadata = Metadata()
    thought_signature: str | None = Field(default=None, description="Taken and not used.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.text is None) == (self.inline_data is None):
            raise ValueError("needs either text or inlineData.")
        return self


class Content(Form):
    """One turn, or a part of one."""

    role: Literal["user", "model"] = "user"
    parts: tuple[Part, ...] = Field(min_length=1)


class SystemInstruction(Form):
    """What the system says before everything else."""

    role: str | None = Field(default=None, description="Taken and not used.")
    parts: tuple[TextPart, ...] = Field(min_length=1)


class ImageConfig(Form):
    """How pictures are to be."""

    aspect_ratio: Ratio | None = Field(
        default=None, description="Width to height, as far as the model draws such pictures."
    )
    image_size: None = None


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


Modality = Annotated[Literal["TEXT", "IMAGE"], BeforeValidator(_upper)]


class GenerationConfig(Form):
    """How to answer. The fields after `image_config` are Google's that may have one value only, or none."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED, description="Same seed, same answer.")
    max_output_tokens: int | None = Field(default=None, ge=16)
    response_modalities: tuple[Modality, ...] | None = Field(
        default=None, min_length=1, description="What the answer may consist of; left out, text and images."
    )
    image_config: ImageConfig = ImageConfig()

    candidate_count: Literal[1] | None = None
    response_mime_type: Literal["text/plain"] | None = None
    response_schema: None = None
    response_json_schema: None = None
    stop_sequences: tuple[()] | None = None
    top_k: None = None
    presence_penalty: Literal[0] | None = None
    frequency_penalty: Literal[0] | None = None
    response_logprobs: Literal[False] | None = None
    logprobs: None = None
    speech_config: None = None
    thinking_config: None = None
    media_resolution: None = None


class GenerateContent(Form):
    """What to answer, and how. The fields after `store` are Google's that mean nothing here."""

    contents: tuple[Content, ...] = Field(min_length=1, description="The conversation so far.")
    system_instruction: SystemInstruction | None = None
    generation_config: GenerationConfig = GenerationConfig()
    store: bool = Field(default=True, description="Whether the answer can be asked for at /v1/responses.")

    safety_settings: tuple[()] | None = None
    tools: tuple[()] | None = None
    tool_config: None = None
    cached_content: None = None
    labels: None = None
    service_tier: None = None
