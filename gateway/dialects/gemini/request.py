"""Google's `models.generateContent` as we take it, and history as Google's models wrote it.

Like Google's, fields may be spelled `inlineData` or `inline_data`, and one object may stand for a list of one. It knows the form of a
request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic.alias_generators import to_camel

from gateway.dialects.common.cast import Cast, Style
from gateway.dialects.common.fields import (
    Absent,
    Body,
    Ignored,
    MostOutputTokens,
    NoLikelihoods,
    NoTools,
    Penalty,
    Seed,
    StopText,
    Temperature,
    TopP,
    one_or_many,
)
from gateway.dialects.common.forgiving import LeftOut, Unsupported, Unused

Ratio = Annotated[str, Field(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]


class Form(Body):
    """An object of the request, its fields in either spelling."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Blob(Form):
    """An image; `data` is base64 in either alphabet."""

    mime_type: Any = Field(default=None, description="Taken and not used; the image says it itself.")
    data: str = Field(description="Its base64.")
    display_name: Any = Field(default=None, description="Taken and not used.")


class FileData(Form):
    """An image that was sent before, or may be fetched."""

    file_uri: str = Field(
        description="The `uri` or `name` of a file, or an https URL where images are fetched."
    )
    mime_type: Any = Field(default=None, description="Taken and not used; the image says it itself.")
    display_name: Any = Field(default=None, description="Taken and not used.")


class Metadata(Body):
    """What is known of a part beyond its bytes; comes with each picture of an answer, and with each that failed."""

    model_config = ConfigDict(extra="ignore")

    description: str | None = Field(
        default=None, description="Tells a planner that sees no images what is on this one."
    )
    error: Any = Field(default=None, description="Why a picture did not come; such a part is passed over.")


class FunctionResponse(Form):
    """What a tool gave back; the planner reads it as text."""

    model_config = ConfigDict(extra="ignore")

    name: str | None = Field(default=None, description="Which tool it was.")
    response: Any = Field(default=None, description="What it gave.")


class Part(Form):
    """A text, an image, or what a tool gave back."""

    text: str | None = Field(default=None, description="What is said.")
    inline_data: Blob | None = Field(default=None, description="An image.")
    file_data: FileData | None = Field(default=None, description="An image that was sent before.")
    function_response: FunctionResponse | None = Field(default=None, description="What a tool gave back.")
    part_metadata: Metadata = Field(default=Metadata(), description="What is known of the image.")
    thought: Any = Field(default=None, description="Taken and not used.")
    thought_signature: Any = Field(default=None, description="Taken and not used.")


class OtherPart(LeftOut):
    """A thought, a call of a tool, code and what came of it."""


def _part_kind(value: Any) -> str:
    if isinstance(value, dict) and value.get("thought"):
        return "other"
    others = ("functionCall", "function_call", "executableCode", "executable_code")
    results = ("codeExecutionResult", "code_execution_result", "toolCall", "toolResponse")
    is_other = isinstance(value, dict) and any(value.get(name) is not None for name in (*others, *results))
    return "other" if is_other else "part"


AnyPart = Annotated[
    Annotated[Part, Tag("part")] | Annotated[OtherPart, Tag("other")], Discriminator(_part_kind)
]


def _parts(value: Any) -> Any:
    parts = value if isinstance(value, list | tuple) else [value]
    return [{"text": part} if isinstance(part, str) else part for part in parts]


Parts = Annotated[
    tuple[AnyPart, ...], BeforeValidator(_parts, json_schema_input_type=tuple[AnyPart, ...] | AnyPart)
]


class Content(Form):
    """One turn, or a part of one."""

    role: str = Field(
        default="user", description="Whose turn it is: `model` is the answer's, all others are the user's."
    )
    parts: Parts = Field(fail_fast=True, default=(), description="Texts and images, in order.")


def _contents(value: Any) -> Any:
    contents = value if isinstance(value, list | tuple) else [value]
    return [{"parts": [one]} if isinstance(one, str) else one for one in contents]


Contents = Annotated[
    tuple[Content, ...],
    Field(fail_fast=True),
    BeforeValidator(_contents, json_schema_input_type=tuple[Content, ...] | Content),
]


def _content(value: Any) -> Any:
    return {"parts": [value]} if isinstance(value, str) else value


class ImageConfig(Form):
    """How pictures are to be."""

    aspect_ratio: Ratio | None = Field(
        default=None, description="Width to height, as far as the model draws such pictures."
    )
    image_size: Annotated[Any, Unused("the model knows its sizes; say an aspect ratio", neutral=("1K",))] = (
        None
    )


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


Modality = Annotated[Literal["TEXT", "IMAGE"], BeforeValidator(_upper)]


class ThinkingConfig(Form):
    """Whether a planner that can think does."""

    thinking_budget: int | None = Field(default=None, description="0 is no; any other number is yes.")
    thinking_level: str | None = Field(default=None, description="`minimal` is no; any other word is yes.")
    include_thoughts: bool | None = Field(
        default=None, description="Tell the thoughts, as parts with `thought`; to tell them it has to think."
    )

    @property
    def thinks(self) -> bool:
        """Whether it is to."""
        if self.include_thoughts and self.thinking_budget != 0:
            return True
        level = (self.thinking_level or "").lower().removeprefix("thinking_level_")
        return bool(self.thinking_budget) or level not in ("", "unspecified", "minimal", "none")


class GenerationConfig(Form):
    """How to answer. The fields after `image_config` are Google's of little or no effect here."""

    temperature: Temperature = None
    top_p: TopP = None
    top_k: float | None = Field(
        default=None,
        ge=-1,
        allow_inf_nan=False,
        description="How many of the likeliest words the planner chooses among.",
    )
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    stop_sequences: Annotated[
        tuple[StopText, ...],
        Field(max_length=16),
        BeforeValidator(one_or_many, json_schema_input_type=str | tuple[StopText, ...]),
    ] = Field(default=(), description="Texts at which the answer ends; they are left out of it.")
    seed: Seed = Field(default=None, description="Same seed, same answer.")
    max_output_tokens: MostOutputTokens = None
    response_modalities: Annotated[tuple[Modality, ...] | None, BeforeValidator(one_or_many)] = Field(
        default=None, description="What the answer may consist of; left out, text and images."
    )
    image_config: ImageConfig = Field(default=ImageConfig(), description="Of which shape pictures are.")
    thinking_config: ThinkingConfig = Field(
        default=ThinkingConfig(), description="Whether the planner thinks."
    )

    candidate_count: Literal[1] | None = Field(default=None, description="One answer.")
    response_mime_type: Literal["text/plain"] | None = Field(default=None, description="Plain text.")
    response_schema: Absent = None
    response_json_schema: Absent = None
    response_logprobs: NoLikelihoods = None
    logprobs: NoLikelihoods = None
    speech_config: Absent = None
    media_resolution: Annotated[
        Any,
        Unused("images are seen whole", neutral=("MEDIA_RESOLUTION_UNSPECIFIED", "MEDIA_RESOLUTION_HIGH")),
    ] = None


class FunctionCallingConfig(Form):
    """Whether tools must be called."""

    model_config = ConfigDict(extra="ignore")

    mode: Annotated[
        None,
        Unsupported(
            "pictures are the one tool, and always at hand",
            neutral=("AUTO", "NONE", "VALIDATED", "MODE_UNSPECIFIED"),
        ),
    ] = None


class ToolConfig(Form):
    """How tools are called."""

    function_calling_config: FunctionCallingConfig = Field(
        default=FunctionCallingConfig(), description="Whether they must be."
    )


class GenerateContent(Form):
    """What to answer, and how. The fields after `store` are Google's of little or no effect here."""

    contents: Annotated[Contents, Field(min_length=1)] = Field(description="The conversation so far.")
    system_instruction: Annotated[
        Content | None, BeforeValidator(_content, json_schema_input_type=Content | str | None)
    ] = Field(default=None, description="What the system says, before everything else.")
    generation_config: GenerationConfig = Field(default=GenerationConfig(), description="How to answer.")
    cast: Cast = ()
    style: Style = None
    store: bool = Field(default=True, description="Whether the answer can be asked for at /v1/responses.")

    model: Any = Field(default=None, description="Taken and not used: the path names the model.")
    safety_settings: Any = Field(default=None, description="Taken and not used: nothing is moderated here.")
    tools: NoTools = None
    tool_config: ToolConfig = Field(default=ToolConfig(), description="Refused where a tool must be called.")
    cached_content: Absent = None
    labels: Ignored = None
    service_tier: Ignored = None
