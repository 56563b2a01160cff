"""The tools that agents are given, and what is asked when one is called.

It knows nothing of how a call comes or how its answer leaves.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from mcp import types
from pydantic import Field

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import Conversation, Sent
from gateway.answer.request import Request
from gateway.dialects.common.accept import Terms, settled, with_conversation
from gateway.dialects.common.fields import MOST_SEED, Answering, Body, Encoding, Size
from gateway.dialects.common.intake import Intake, check_said
from gateway.store.file_ids import FILE_ID
from planner_service.wire import Mode
from visualizer_service.wire import Limits

KEPT = re.compile(FILE_ID)


class Drawing(Body):
    """What both tools may be told."""

    size: Size = Field(default="auto", description="Width and height in pixels, as 1024x1024.")
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED, description="Same seed, same pictures.")
    references: tuple[str, ...] = Field(
        default=(),
        description="Images to go by, such as a character who is to look the same: data URLs, or ids of files kept here.",
    )


class Illustrate(Drawing):
    """Write a text with pictures where they belong, or only pictures, about anything. Characters look the same in all pictures."""

    prompt: str = Field(min_length=1, description="What is asked for; the images are named `in1`, `in2` …")
    count: int | None = Field(
        default=None, ge=1, description="How many pictures; left out, as many as it takes."
    )
    mode: Mode = Field(default="interleaved", description="Text and pictures, or only one of them.")


class Draw(Drawing):
    """Draw one picture exactly as it is described."""

    description: str = Field(
        min_length=1, description="What is to be seen: subject, surroundings, light, style."
    )


TOOLS: dict[str, type[Illustrate | Draw]] = {"illustrate": Illustrate, "draw": Draw}


def listed() -> list[types.Tool]:
    """The tools as agents see them."""
    return [
        types.Tool(name=name, description=form.__doc__, input_schema=form.model_json_schema())
        for name, form in TOOLS.items()
    ]


async def accept(called: Illustrate | Draw, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of a call; its images are stored.

    Raises:
        InvalidRequest: it cannot be done; the error names the argument and the limit.
        NotFound: an image is not there.
    """
    most = min(limits.most_references, intake.settings.most_input_images)
    check_at_most(len(called.references), most, "images", "references")
    body, terms, text = _illustrate(called) if isinstance(called, Illustrate) else _draw(called)
    check_said([text], 0, intake.settings, "prompt" if terms.planned else "description")
    if terms.least_images is not None:
        check_at_most(terms.least_images, intake.settings.most_images, "pictures", "count")
    request = settled(body, terms, tenant, limits, intake.settings)
    shown = [_image(image, f"references[{n}]", tenant, intake) for n, image in enumerate(called.references)]
    taken = Conversation()
    taken.add("user", [*await asyncio.gather(*shown), text])
    return with_conversation(request, taken, limits)


def _illustrate(called: Illustrate) -> tuple[Answering, Terms, str]:
    body = Answering(seed=called.seed, most_images=called.count)
    return body, _terms(called, mode=called.mode, least_images=called.count), called.prompt


def _draw(called: Draw) -> tuple[Answering, Terms, str]:
    names = tuple(f"in{number}" for number in range(1, len(called.references) + 1))
    body = Answering(seed=called.seed, most_images=1, references=names, reference_policy="none")
    return body, _terms(called, mode="image", least_images=1, planned=False), called.description


def _terms(called: Drawing, **others: Any) -> Terms:
    return Terms(size=(called.size, "size"), encoding=(Encoding(), ""), output_tokens=(None, ""), **others)


async def _image(image: str, path: str, tenant: str, intake: Intake) -> Sent:
    if KEPT.fullmatch(image):
        return await intake.by_file(tenant, image, path)
    return await intake.by_url(image, path)
