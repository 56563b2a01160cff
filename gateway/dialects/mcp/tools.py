"""The tools that agents are given, and the request that a call of one makes.

It knows nothing of how a call comes or how its answer leaves.
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any

from mcp import types
from pydantic import BeforeValidator, Field

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import Conversation, Sent
from gateway.answer.request import Request
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.cast import Cast, Style
from gateway.dialects.common.fields import AnswerFields, Body, EncodingFields, Seed, Size, one_or_many
from gateway.dialects.common.intake import Intake, check_input
from gateway.store.file_ids import FILE_ID
from planner_service.wire import Mode
from visualizer_service.wire import Limits

KEPT = re.compile(FILE_ID)


class ToolArguments(Body):
    """What both tools take."""

    size: Size = Field(default="auto", description="Width and height in pixels, as 1024x1024.")
    seed: Seed = Field(default=None, description="Same seed, same pictures.")
    references: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = Field(
        default=(),
        description="Images to go by, such as a character who is to look the same: data URLs, or ids of files kept here.",
    )


class Illustrate(ToolArguments):
    """Write a text with pictures where they belong, or only pictures, about anything. Characters look the same in all pictures."""

    prompt: str = Field(min_length=1, description="What is asked for; the images are named `in1`, `in2` …")
    count: int | None = Field(
        default=None, ge=1, description="How many pictures; left out, as many as it takes."
    )
    cast: Cast = ()
    style: Style = None
    mode: Mode = Field(default="interleaved", description="Text and pictures, or only one of them.")


class Draw(ToolArguments):
    """Draw a picture exactly as it is described, once or several times."""

    description: str = Field(
        min_length=1, description="What is to be seen: subject, surroundings, light, style."
    )
    count: int = Field(default=1, ge=1, description="How many, each with a seed of its own.")


TOOLS: dict[str, type[Illustrate | Draw]] = {"illustrate": Illustrate, "draw": Draw}


def tool_list() -> list[types.Tool]:
    """The tools as agents see them."""
    return [
        types.Tool(name=name, description=form.__doc__, input_schema=form.model_json_schema())
        for name, form in TOOLS.items()
    ]


async def accept(call: Illustrate | Draw, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of a call; see `gateway/dialects/common/accept.py`."""
    most = min(limits.most_references, intake.settings.most_input_images)
    check_at_most(len(call.references), most, "images", "references")
    body, terms, text = _illustrate(call) if isinstance(call, Illustrate) else _draw(call)
    check_input([text], 0, intake.settings, "prompt" if terms.planned else "description")
    if terms.least_images is not None:
        check_at_most(terms.least_images, intake.settings.most_images, "pictures", "count")
    request = build_request(call, body, terms, tenant, limits, intake.settings)
    images = [_image(image, f"references[{n}]", tenant, intake) for n, image in enumerate(call.references)]
    conversation = Conversation()
    conversation.add("user", [*await asyncio.gather(*images), text])
    return await with_conversation(request, conversation, limits, intake)


def _illustrate(call: Illustrate) -> tuple[AnswerFields, Terms, str]:
    body = AnswerFields(seed=call.seed, most_images=call.count, cast=call.cast, style=call.style)
    return body, _terms(call, mode=call.mode, least_images=call.count), call.prompt


def _draw(call: Draw) -> tuple[AnswerFields, Terms, str]:
    names = tuple(f"in{number}" for number in range(1, len(call.references) + 1))
    body = AnswerFields(seed=call.seed, most_images=call.count, references=names, reference_policy="none")
    return body, _terms(call, mode="image", least_images=call.count, planned=False), call.description


def _terms(call: ToolArguments, **others: Any) -> Terms:
    return Terms(
        size=(call.size, "size"), encoding=(EncodingFields(), ""), output_tokens=(None, ""), **others
    )


async def _image(image: str, path: str, tenant: str, intake: Intake) -> Sent:
    if KEPT.fullmatch(image):
        return await intake.by_file(tenant, image, path)
    return await intake.by_url(image, path)
