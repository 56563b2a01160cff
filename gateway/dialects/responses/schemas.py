"""The response object and its output items as models, for `/openapi.json` (see `gateway/dialects/common/schemas.py`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.answer.document import DocumentState
from gateway.answer.request import Delivery, Feedback, Quality, ReferencePolicy
from gateway.dialects.common.cast import ToldFigure
from gateway.dialects.common.fields import PlainText
from gateway.dialects.common.schemas import AboutPicture, DrawingUsage, Object, PictureError, RequestWarning
from planner_service.wire import Mode
from visualizer_service.wire import OutputFormat


class OutputTextPart(Object):
    """A run of text."""

    type: Literal["output_text"] = Field(description="Which part this is.")
    text: str = Field(description="What is said.")
    annotations: tuple[()] = Field(description="There are none.")
    logprobs: tuple[()] = Field(description="There are none.")


class MessageItem(Object):
    """Text between pictures."""

    id: str = Field(description="Tells the answer and the item's place in it.")
    type: Literal["message"] = Field(description="Which item this is.")
    role: Literal["assistant"] = Field(description="Who says it.")
    status: Literal["in_progress", "completed"] = Field(description="Whether more will come.")
    content: tuple[OutputTextPart, ...] = Field(description="One part, or none so far.")


class ThoughtPart(Object):
    """What the planner thought."""

    type: Literal["summary_text", "reasoning_text"] = Field(description="Which part this is.")
    text: str = Field(description="Its thoughts, in full.")


class ReasoningItem(Object):
    """What the planner thought before it wrote, where `reasoning` asks for it."""

    id: str = Field(description="Tells the answer and the item's place in it.")
    type: Literal["reasoning"] = Field(description="Which item this is.")
    summary: tuple[ThoughtPart, ...] = Field(description="The thoughts, where a summary was asked for.")
    content: tuple[ThoughtPart, ...] = Field(description="The thoughts, where none was.")
    encrypted_content: None = Field(description="Nothing is hidden.")
    status: Literal["in_progress", "completed"] = Field(description="Whether more will come.")


class PictureItem(AboutPicture):
    """A picture, in its place among the texts."""

    id: str = Field(description="Tells the answer and the item's place in it.")
    type: Literal["image_generation_call"] = Field(description="Which item this is.")
    status: Literal["in_progress", "generating", "completed", "failed"] = Field(description="How far it is.")
    result: str | None = Field(description="The picture in base64, with `delivery` b64.")
    revised_prompt: str | None = Field(description="The same as `description`.")
    output_format: OutputFormat = Field(description="The picture's type.")
    size: str | None = Field(description="Width and height.")
    quality: Quality = Field(description="As asked for.")
    background: Literal["opaque"] = Field(description="Pictures fill their whole area.")
    error: PictureError | None = Field(description="Why it will not come, if so.")


class ResponseError(Object):
    """Why an answer broke off."""

    code: str | None = Field(description="For programs.")
    message: str | None = Field(description="For people.")


class IncompleteDetails(Object):
    """Why an answer is not complete."""

    reason: Literal["max_output_tokens"] = Field(
        description="The plan reached its most tokens, or with `delivery` url the most that one event holds."
    )


class TextFormat(Object):
    """How text is written."""

    format: PlainText = Field(description="Plain.")


class UsedImageTool(Object):
    """How pictures are drawn."""

    type: Literal["image_generation"] = Field(description="The one tool there is.")
    size: str = Field(description="Width and height, or `auto`.")
    quality: Quality = Field(description="As asked for.")
    partial_images: int = Field(description="How often a picture is shown while it is drawn.")
    output_format: OutputFormat = Field(description="The pictures' type.")
    output_compression: int | None = Field(description="Quality of jpeg and webp in percent.")


class InputTokens(Object):
    """Tokens read."""

    cached_tokens: int = Field(description="Read before, and kept.")
    cache_write_tokens: Literal[0] = Field(description="Nothing is charged for keeping.")


class OutputTokens(Object):
    """Tokens written."""

    reasoning_tokens: int = Field(description="Of the planner's thoughts, told or not.")


class ResponseUsage(DrawingUsage):
    """What an answer took."""

    input_tokens: int = Field(description="Tokens that the planner read.")
    input_tokens_details: InputTokens = Field(description="Of these.")
    output_tokens: int = Field(description="Tokens that it wrote, descriptions included.")
    output_tokens_details: OutputTokens = Field(description="Of these.")
    total_tokens: int = Field(description="Both.")
    estimated: bool = Field(
        description="The plan was broken off, so its tokens are reckoned from characters."
    )


class PictureTimes(Object):
    """When what happened to one picture; Unix times in seconds, null is what never happened."""

    slot: int = Field(description="The picture's number, from 0.")
    closed: float | None = Field(description="Its description was complete.")
    queued: float | None = Field(description="Its job was queued.")
    started: float | None = Field(description="A worker began.")
    done: float | None = Field(description="It was drawn.")
    delivered: float | None = Field(description="It reached the answer, or its failure did.")
    judged_s: float = Field(description="How long its critic held it up, all drafts taken together.")
    redrawn: int = Field(description="How often it was drawn again.")


class AnswerTimeline(Object):
    """When what happened; Unix times in seconds."""

    plan_started: float | None = Field(description="The planner began to write.")
    plan_ended: float | None = Field(description="It was done.")
    ended: float | None = Field(description="The answer was.")
    plan_waited_s: float = Field(description="How long it waited to see pictures, with `feedback` inline.")
    slots: tuple[PictureTimes, ...] = Field(description="The pictures.")
    ideal_s: float | None = Field(description="The shortest time that these plans and pictures allow.")
    measured_s: float | None = Field(description="The time it took.")
    overlap_efficiency: float | None = Field(description="The one divided by the other.")


Item = Annotated[MessageItem | ReasoningItem | PictureItem, Field(discriminator="type")]


class ResponseObject(Object):
    """An answer of text and pictures in order."""

    id: str = Field(description="Names the answer, to be asked for again and gone on from.")
    object: Literal["response"] = Field(description="What this is.")
    created_at: int = Field(description="Unix time in seconds.")
    status: DocumentState = Field(description="How far it is, or how it ended.")
    background: bool = Field(description="It goes on even if no client is connected.")
    error: ResponseError | None = Field(description="Why it failed, if it did.")
    incomplete_details: IncompleteDetails | None = Field(description="Why it is cut, if it is.")
    instructions: str | None = Field(description="As sent; null if long, with `delivery` url.")
    max_output_tokens: int = Field(description="Where the plan ends at the latest.")
    model: str = Field(description="Planner and visualizer together.")
    output: tuple[Item, ...] = Field(description="Texts and pictures, in order.")
    parallel_tool_calls: Literal[True] = Field(description="Pictures are drawn side by side.")
    previous_response_id: str | None = Field(description="The answer that this one goes on from.")
    store: bool = Field(description="Whether it can be asked for again.")
    temperature: float | None = Field(description="As sent.")
    text: TextFormat = Field(description="How its text is written.")
    tool_choice: Literal["none", "auto", "required"] = Field(description="Whether pictures are drawn.")
    tools: tuple[UsedImageTool, ...] = Field(description="How they are.")
    top_p: float | None = Field(description="As sent.")
    truncation: Literal["disabled"] = Field(description="Nothing is cut.")
    metadata: dict[str, str] = Field(description="As sent.")
    warnings: tuple[RequestWarning, ...] = Field(description="What of the request was ignored.")
    mode: Mode = Field(description="Whether to write, to draw, or both.")
    least_images: int = Field(description="The planner may not stop before.")
    most_images: int = Field(description="The planner may not draw more.")
    size: str = Field(description="Of all pictures, or `auto`.")
    references: tuple[str, ...] = Field(description="Images that guide every picture.")
    reference_policy: ReferencePolicy = Field(description="What guides the others.")
    feedback: Feedback = Field(description="Who looks at the pictures while the answer is made.")
    most_redraws: int = Field(description="How often one that is wrong is drawn again.")
    cast: tuple[ToldFigure, ...] = Field(
        description="Who returns in the pictures; your own, then the planner's."
    )
    style: str | None = Field(description="Of all pictures.")
    seed: int = Field(description="Drawn by lot where none was sent; each picture adds its number.")
    delivery: Delivery = Field(description="Pictures as base64 or as links.")
    completed_at: int | None = Field(description="Unix time in seconds.")
    usage: ResponseUsage | None = Field(description="What it took, once it has ended.")
    timeline: AnswerTimeline | None = Field(description="When what happened, once it has ended.")
