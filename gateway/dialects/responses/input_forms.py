"""The items of the `input` of a `POST /v1/responses`: what the user says now, and history as other models and clients wrote it.

It knows the form of items only; `input` makes a conversation of them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from gateway.dialects.common.fields import (
    Body,
    Detail,
    ImageRef,
)
from gateway.dialects.common.forgiving import LeftOut, Unused
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
PromptBreak = Annotated[Any, Unused("what was read before is always found again, by its text")]
OTHER_PARTS = "Only parts of type input_text, input_image and input_file are taken"


class InputText(Body):
    """A piece of text."""

    type: str = Field(default="input_text", description="`input_text`.")
    text: str = Field(description="What is said.")
    annotations: SentBack = None
    logprobs: SentBack = None
    parsed: SentBack = None
    prompt_cache_breakpoint: PromptBreak = None


class EarlierText(InputText):
    """A text of an earlier turn, or a refusal, which is one, too."""

    type: str = Field(default="output_text", description="`output_text`, `input_text` or `refusal`.")
    text: str = Field(default="", description="What was said.")
    refusal: str = Field(default="", description="What was said instead.")


def _url(value: Any) -> Any:
    return value.get("url") if isinstance(value, dict) else value


class InputImage(ImageRef):
    """An image, by URL or file id."""

    type: str = Field(default="input_image", description="`input_image`.")
    image_url: Annotated[
        str | None, BeforeValidator(_url, json_schema_input_type=str | dict[str, Any] | None)
    ] = Field(
        default=None,
        description="A data URL, or an https URL where the operator allows images to be fetched.",
    )
    detail: Detail = "auto"
    prompt_cache_breakpoint: PromptBreak = None


class InputFile(Body):
    """An image, sent before as a file, or the file itself."""

    type: str = Field(default="input_file", description="`input_file`.")
    file_id: str | None = Field(default=None, description="Its name.")
    file_data: str | None = Field(default=None, description="An image as a data URL, or its base64.")
    file_url: str | None = Field(default=None, description="As `image_url` of an image.")
    filename: str | None = Field(default=None, description="Taken and not used.")


Content = Annotated[
    Annotated[InputText, Tag(TEXT)] | Annotated[InputImage, Tag(IMAGE)] | Annotated[InputFile, Tag(FILE)],
    Discriminator(part_kind, custom_error_type="unsupported_part", custom_error_message=OTHER_PARTS),
]
EarlierContent = Annotated[
    Annotated[EarlierText, Tag(TEXT)]
    | Annotated[InputImage, Tag(IMAGE)]
    | Annotated[InputFile, Tag(FILE)]
    | Annotated[OtherPart, Tag(LEFT_OUT)],
    Discriminator(earlier_part_kind),
]


class Said(Body):
    """What messages of all roles have."""

    type: str = Field(default="message", description="`message`.")
    id: SentBack = None
    status: SentBack = None
    phase: SentBack = None


class Message(Said):
    """What the user says and shows."""

    role: Literal["user"] = Field(default="user", description="Whose turn it is.")
    content: Annotated[
        tuple[Content, ...],
        Field(fail_fast=True),
        BeforeValidator(as_parts, json_schema_input_type=str | tuple[Content, ...]),
    ] = Field(default=(), description="A text, or texts and images in order.")


class EarlierMessage(Said):
    """What the system, a developer or an earlier answer says."""

    role: Literal["assistant", "system", "developer"] = Field(description="Whose turn it is.")
    content: Annotated[
        tuple[EarlierContent, ...],
        Field(fail_fast=True),
        BeforeValidator(as_parts, json_schema_input_type=str | tuple[EarlierContent, ...]),
    ] = Field(default=(), description="A text, or texts and images in order.")


class DrawnPicture(Body):
    """A picture of an earlier answer, sent back as it came, so it may hold all that we say of a picture.

    `result` is its base64; without it, `id` names a picture of ours. One that failed is passed over.
    """

    model_config = ConfigDict(extra="ignore")

    type: Literal["image_generation_call"] = Field(description="Which item this is.")
    id: str = Field(default="", description="Names a picture of ours, where there is no `result`.")
    status: str | None = Field(default=None, description="One that failed is passed over.")
    result: str | None = Field(default=None, description="The picture in base64.")
    revised_prompt: str | None = Field(
        default=None,
        max_length=8000,
        description="The picture's description, which stands for it in the text.",
    )


class ItemReference(Body):
    """An item of an earlier answer, named instead of sent back."""

    type: str = Field(default="item_reference", description="`item_reference`; an `id` alone says it, too.")
    id: str = Field(description="The item's.")


class ToolOutput(Body):
    """What a tool gave back; the planner reads it as text of the user's."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(description="Ends with `_output`.")
    name: str | None = Field(default=None, description="Which tool it was.")
    output: Any = Field(default=None, description="What it gave.")


class OtherItem(LeftOut):
    """An item of another model's answer that is neither text nor picture: a thought, a call of a tool."""

    type: Any = Field(default=None, description="Which item this is.")


def _item_kind(value: Any) -> str:
    if isinstance(value, str):
        return "message"
    if not isinstance(value, dict):
        return ""
    kind = value.get("type") or _unnamed_kind(value)
    if not isinstance(kind, str):
        return ""
    if kind == "message":
        return kind if (value.get("role") or "user") == "user" else "earlier message"
    if kind in ("image_generation_call", "item_reference"):
        return kind
    return "tool output" if kind.endswith("_output") else LEFT_OUT


def _unnamed_kind(value: dict[str, Any]) -> str:
    """The type of an item that does not name it: messages never do in the simplest form, and an id alone is a reference."""
    says = any(value.get(name) is not None for name in ("role", "content"))
    return "item_reference" if value.get("id") and not says else "message"


Item = Annotated[
    Annotated[Message, Tag("message")]
    | Annotated[EarlierMessage, Tag("earlier message")]
    | Annotated[DrawnPicture, Tag("image_generation_call")]
    | Annotated[ItemReference, Tag("item_reference")]
    | Annotated[ToolOutput, Tag("tool output")]
    | Annotated[OtherItem, Tag(LEFT_OUT)],
    Discriminator(
        _item_kind, custom_error_type="unsupported_item", custom_error_message="An item must be an object"
    ),
]


Items = Annotated[tuple[Item, ...], Field(fail_fast=True, min_length=1)]


def as_items(value: Any) -> Any:
    """The input as a list of items: a text, one item alone, and texts among items are taken, too."""
    items = value if isinstance(value, list | tuple) else [value]
    return [{"role": "user", "content": one} if isinstance(one, str) else one for one in items]
