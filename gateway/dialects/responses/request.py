"""OpenAI's `POST /v1/responses` as we take it; the items of its `input` stand in `input_forms`.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from gateway.dialects.common.fields import (
    Absent,
    AnswerFields,
    Body,
    EncodingFields,
    Fidelity,
    Ignored,
    Mask,
    Moderation,
    MostOutputTokens,
    NoLikelihoods,
    Opaque,
    PlainText,
    Previews,
    Size,
    Stream,
    Unpadded,
    one_or_many,
)
from gateway.dialects.common.forgiving import LeftOut, Unsupported, Unused
from gateway.dialects.common.history import (
    LEFT_OUT,
)
from gateway.dialects.responses.input_forms import Items, as_items


class ImageTool(EncodingFields):
    """OpenAI's image tool. Pictures are always available here; the tool says how they are to be drawn."""

    type: Literal["image_generation"] = Field(description="The one tool there is.")
    size: Size = Field(default="auto", description="Width and height in pixels, as the answer's `size`.")
    partial_images: Previews = 0
    background: Opaque = "auto"
    action: Annotated[Any, Unused("planner and references decide what is drawn anew")] = None
    model: Annotated[Any, Unused("the pool draws with one model")] = None
    moderation: Moderation = None
    input_fidelity: Fidelity = None
    input_image_mask: Mask = None


class OtherTool(LeftOut):
    """A tool that is not here: it is not called."""

    why: ClassVar[str] = "is ignored: pictures are the one tool, and always at hand"

    type: Any = Field(default=None, description="Which tool this is.")


def _tool_kind(value: Any) -> str:
    known = isinstance(value, dict) and value.get("type") == "image_generation"
    return "image_generation" if known else LEFT_OUT


Tool = Annotated[
    Annotated[ImageTool, Tag("image_generation")] | Annotated[OtherTool, Tag(LEFT_OUT)],
    Discriminator(_tool_kind),
]


class ChosenTool(Body):
    """OpenAI's other way to say `required`."""

    type: Literal["image_generation"] = Field(description="The one tool there is.")


Choice = Literal["auto", "none", "required"]


def _tool_choice(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    return "required" if kind == "image_generation" else kind if kind in ("auto", "none") else value


class TextConfig(Body):
    """OpenAI's text options, of which only the default is taken."""

    format: PlainText | None = Field(default=None, description="How the text is written.")
    verbosity: Annotated[Any, Unused("the planner writes as it was asked to", neutral=("medium",))] = None


class Reasoning(Body):
    """Whether a planner that can think does, and how its thoughts are told."""

    effort: str | None = Field(
        default=None,
        description="`none` and `minimal` are not at all; with any other word, thoughts come as a `reasoning` item.",
    )
    summary: str | None = Field(
        default=None, description="With any word but `none`, thoughts come as that item's `summary`, in full."
    )
    generate_summary: str | None = Field(default=None, description="OpenAI's earlier name of `summary`.")

    @property
    def tells_summary(self) -> bool:
        """Whether thoughts are told as a summary."""
        return (self.summary or self.generate_summary) not in (None, "none")


class StreamOptions(Body):
    """OpenAI's stream options; our events are never padded."""

    include_obfuscation: Unpadded = False


RESULT_ONCE: Final = "image_generation_call.result_once"
"""Of `include`, and ours: the last event of a stream leaves out the pictures' bytes, which came with each picture."""


class CreateResponse(AnswerFields):
    """What to answer, and how. The fields after `tool_choice` are OpenAI's that may have one value only, or none."""

    input: Annotated[Items, BeforeValidator(as_items, json_schema_input_type=str | Items)] = Field(
        description="A text, or messages and earlier output items in order."
    )
    instructions: str | None = Field(default=None, description="What the system says, for this answer only.")
    previous_response_id: str | None = Field(
        default=None, description="The answer to go on from, its pictures included."
    )
    stream: Stream = False
    stream_options: StreamOptions | None = Field(default=None, description="OpenAI's, of no effect here.")
    background: bool = Field(default=False, description="Go on even if no client is connected.")
    max_output_tokens: MostOutputTokens = None
    tools: Annotated[
        tuple[Tool, ...],
        Field(fail_fast=True),
        BeforeValidator(one_or_many, json_schema_input_type=tuple[Tool, ...]),
    ] = Field(default=(), description="How pictures are drawn; they may be without it, too.")
    tool_choice: Annotated[
        Choice, BeforeValidator(_tool_choice, json_schema_input_type=Choice | ChosenTool)
    ] = Field(default="auto", description="`none` writes only, `required` draws at least one picture.")

    reasoning: Reasoning = Field(default=Reasoning(), description="Whether the planner thinks.")
    text: TextConfig | None = Field(default=None, description="OpenAI's text options.")
    truncation: Annotated[Any, Unused("what is too long is refused, never cut")] = None
    include: Annotated[
        Any, Unused("all that there is to tell is included already", neutral=(RESULT_ONCE,))
    ] = None
    top_logprobs: NoLikelihoods = None
    conversation: Annotated[None, Unsupported("go on by `previous_response_id`")] = None
    context_management: Ignored = None
    max_tool_calls: Annotated[Any, Unused("`most_images` counts pictures")] = None
    moderation: Moderation = None
    prompt: Absent = None

    @property
    def pictures_once(self) -> bool:
        """Whether the last event of a stream is to leave out the pictures' bytes."""
        return isinstance(self.include, list) and RESULT_ONCE in self.include
