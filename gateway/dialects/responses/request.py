"""OpenAI's `POST /v1/responses` as we take it: the fields we act on, the ones that may only have their default, and our extensions.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from gateway.dialects.common.fields import (
    Absent,
    AnswerFields,
    Body,
    Detail,
    EncodingFields,
    Fidelity,
    ImageRef,
    Mask,
    Moderation,
    MostOutputTokens,
    Opaque,
    PlainText,
    Previews,
    Size,
    Stream,
    Unpadded,
    Unsupported,
)

Ignored = Annotated[Any, Field(description="Taken and not used.")]


class InputText(Body):
    """Text of a user, a developer or the system."""

    type: Literal["input_text"] = Field(description="Which part this is.")
    text: str = Field(description="What is said.")
    prompt_cache_breakpoint: Absent = None


class InputImage(ImageRef):
    """An image, by URL or file id."""

    type: Literal["input_image"] = Field(description="Which part this is.")
    detail: Detail = "auto"
    prompt_cache_breakpoint: Absent = None


class OutputText(Body):
    """Text of an earlier answer, sent back as it came; only `text` matters."""

    type: Literal["output_text"] = Field(description="Which part this is.")
    text: str = Field(description="What was answered.")
    annotations: tuple[Ignored, ...] = Field(default=(), description="Taken and not used.")
    logprobs: tuple[Ignored, ...] | None = Field(default=None, description="Taken and not used.")
    parsed: Absent = None


Content = Annotated[InputText | InputImage | OutputText, Field(discriminator="type")]
Parts = Annotated[tuple[Content, ...], Field(fail_fast=True, min_length=1)]


def _content(value: Any) -> Any:
    return [{"type": "input_text", "text": value}] if isinstance(value, str) else value


class Message(Body):
    """One turn of the conversation, of any role."""

    type: Literal["message"] = Field(default="message", description="Which item this is.")
    role: Literal["user", "assistant", "system", "developer"] = Field(description="Whose turn it is.")
    content: Annotated[Parts, BeforeValidator(_content, json_schema_input_type=str | Parts)] = Field(
        description="A text, or texts and images in order; only the user's hold images."
    )
    id: str | None = Field(default=None, description="Taken and not used.")
    status: Literal["in_progress", "completed", "incomplete"] | None = Field(
        default=None, description="Taken and not used."
    )
    phase: Literal["commentary", "final_answer"] | None = Field(
        default=None, description="Taken and not used."
    )


class DrawnPicture(Body):
    """A picture of an earlier answer, sent back as it came, so it may hold all that we say of a picture.

    `result` is its base64; without it, `id` names a picture of ours. One that failed is passed over.
    """

    model_config = ConfigDict(extra="ignore")

    type: Literal["image_generation_call"] = Field(description="Which item this is.")
    id: str = Field(description="Names a picture of ours, where there is no `result`.")
    status: Literal["in_progress", "generating", "completed", "failed"] | None = Field(
        default=None, description="One that failed is passed over."
    )
    result: str | None = Field(default=None, description="The picture in base64.")
    revised_prompt: str | None = Field(
        default=None,
        max_length=8000,
        description="The picture's description, which stands for it in the text.",
    )


def _item_kind(value: Any) -> str:
    return value.get("type", "message") if isinstance(value, dict) else ""


Item = Annotated[
    Annotated[Message, Tag("message")] | Annotated[DrawnPicture, Tag("image_generation_call")],
    Discriminator(
        _item_kind,
        custom_error_type="unsupported_item",
        custom_error_message="Only items of type message and image_generation_call are taken",
    ),
]


Items = Annotated[tuple[Item, ...], Field(fail_fast=True, min_length=1)]


def _items(value: Any) -> Any:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class ImageTool(EncodingFields):
    """OpenAI's image tool. Pictures are always available here; the tool says how they are to be drawn."""

    type: Literal["image_generation"] = Field(description="The one tool there is.")
    size: Size = Field(default="auto", description="Width and height in pixels, as the answer's `size`.")
    partial_images: Previews = 0
    background: Opaque = "auto"
    action: Literal["auto"] = Field(
        default="auto", description="Planner and references decide what is drawn anew."
    )
    model: Annotated[None, Unsupported("the pool draws with one model")] = None
    moderation: Moderation = None
    input_fidelity: Fidelity = None
    input_image_mask: Mask = None


class ChosenTool(Body):
    """OpenAI's other way to say `required`."""

    type: Literal["image_generation"] = Field(description="The one tool there is.")


Choice = Literal["auto", "none", "required"]


def _tool_choice(value: Any) -> Any:
    return "required" if value == {"type": "image_generation"} else value


class TextConfig(Body):
    """OpenAI's text options, of which only the default is taken."""

    format: PlainText | None = Field(default=None, description="How the text is written.")


class StreamOptions(Body):
    """OpenAI's stream options; our events are never padded."""

    include_obfuscation: Unpadded = False


class CreateResponse(AnswerFields):
    """What to answer, and how. The fields after `tool_choice` are OpenAI's that may have one value only, or none."""

    input: Annotated[Items, BeforeValidator(_items, json_schema_input_type=str | Items)] = Field(
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
    tools: tuple[ImageTool, ...] = Field(
        default=(),
        fail_fast=True,
        max_length=1,
        description="How pictures are drawn; they may be without it, too.",
    )
    tool_choice: Annotated[
        Choice, BeforeValidator(_tool_choice, json_schema_input_type=Choice | ChosenTool)
    ] = Field(default="auto", description="`none` writes only, `required` draws at least one picture.")

    text: TextConfig | None = Field(default=None, description="OpenAI's text options.")
    truncation: Literal["disabled"] | None = Field(
        default=None, description="What is too long is refused, never cut."
    )
    include: tuple[()] | None = Field(default=None, description="Everything is included already.")
    top_logprobs: Literal[0] | None = Field(default=None, description="Likelihoods are not told.")
    conversation: Annotated[None, Unsupported("go on by `previous_response_id`")] = None
    context_management: Absent = None
    max_tool_calls: Annotated[None, Unsupported("`most_images` counts pictures")] = None
    moderation: Moderation = None
    prompt: Absent = None
    reasoning: Annotated[None, Unsupported("the planner does not reason apart from its text")] = None
