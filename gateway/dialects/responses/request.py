"""OpenAI's `POST /v1/responses` as we take it: the fields we act on, the ones that may only have their default, and our extensions.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from gateway.dialects.fields import Answering, Body, Encoding, Looks, PlainText, Size


class InputText(Body):
    """Text of a user, a developer or the system."""

    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: None = None


class InputImage(Body):
    """An image by data URL or file id; `description` is ours and tells a planner that sees no images what is on it."""

    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high", "original"] = "auto"
    description: str | None = Field(default=None, max_length=2000)
    prompt_cache_breakpoint: None = None


class OutputText(Body):
    """Text of an earlier answer, sent back as it came; only `text` matters."""

    type: Literal["output_text"]
    text: str
    annotations: tuple[Any, ...] = ()
    logprobs: tuple[Any, ...] | None = None
    parsed: None = None


Content = Annotated[InputText | InputImage | OutputText, Field(discriminator="type")]


def _content(value: Any) -> Any:
    return [{"type": "input_text", "text": value}] if isinstance(value, str) else value


class Message(Body):
    """One turn of the conversation, of any role."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Annotated[tuple[Content, ...], BeforeValidator(_content)] = Field(min_length=1)
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class DrawnPicture(BaseModel):
    """A picture of an earlier answer, sent back as it came, so it may hold all that we say of a picture.

    `result` is its base64; without it, `id` names a picture of ours. One that failed is passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["image_generation_call"]
    id: str
    status: Literal["in_progress", "generating", "completed", "failed"] | None = None
    result: str | None = None
    revised_prompt: str | None = Field(default=None, max_length=8000)


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


def _items(value: Any) -> Any:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class ImageTool(Encoding):
    """OpenAI's image tool. Pictures are always available here; the tool says how they are to be drawn."""

    type: Literal["image_generation"]
    size: Size = "auto"
    partial_images: Looks = 0
    quality: Literal["auto"] = "auto"
    background: Literal["auto", "opaque"] = "auto"
    action: Literal["auto"] = "auto"
    model: None = None
    moderation: None = None
    input_fidelity: None = None
    input_image_mask: None = None


def _tool_choice(value: Any) -> Any:
    return "required" if value == {"type": "image_generation"} else value


class TextConfig(Body):
    """OpenAI's text options, of which only the default is taken."""

    format: PlainText | None = None


class StreamOptions(Body):
    """OpenAI's stream options; our events are never padded."""

    include_obfuscation: bool = False


class CreateResponse(Answering):
    """What to answer, and how. The fields after `tool_choice` are OpenAI's that may have one value only, or none."""

    input: Annotated[tuple[Item, ...], BeforeValidator(_items)] = Field(
        min_length=1, description="A text, or messages and earlier output items in order."
    )
    instructions: str | None = Field(default=None, description="What the system says, for this answer only.")
    previous_response_id: str | None = Field(
        default=None, description="The answer to go on from, its pictures included."
    )
    stream: bool = False
    stream_options: StreamOptions | None = None
    background: bool = Field(default=False, description="Go on even if no client is connected.")
    max_output_tokens: int | None = Field(default=None, ge=16)
    tools: tuple[ImageTool, ...] = Field(default=(), max_length=1)
    tool_choice: Annotated[Literal["auto", "none", "required"], BeforeValidator(_tool_choice)] = "auto"

    text: TextConfig | None = None
    truncation: Literal["disabled"] | None = None
    include: tuple[()] | None = None
    top_logprobs: Literal[0] | None = None
    conversation: None = None
    context_management: None = None
    max_tool_calls: None = None
    moderation: None = None
    prompt: None = None
    reasoning: None = None
