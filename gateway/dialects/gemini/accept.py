"""Makes the gateway's `Request` of a `models.generateContent`."""

from __future__ import annotations

import asyncio
import re
from math import gcd, sqrt
from typing import Literal

from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Request
from gateway.answer.sizes import size_name
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import AnswerFields, EncodingFields
from gateway.dialects.common.file_urls import MOST_URL_CHARS
from gateway.dialects.common.history import as_text, result_of
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.common.sent_back import Earlier, Kind, SentBack, kind_of_url
from gateway.dialects.gemini.request import Content, GenerateContent, Part
from planner_service.wire import Mode, Role
from visualizer_service.wire import Limits

RATIO = "generationConfig.imageConfig.aspectRatio"
# The name of a file, by itself or at the end of its URL, as `files.upload` tells it. What comes before and after may not overlap, so that
# there is one way only to read a text.
FILE_NAME = re.compile(r"(?:[^?\n]*/)?files/(?P<file>[\w-]+)(?:/content(?:\?[^\n]*)?)?")


async def accept(body: GenerateContent, model: str, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`. `model` is named in the path."""
    sent = [part for content in body.contents for _, part in _content(content)]
    instructions = _instructions(body)
    texts = [part.text for part in sent if part.text is not None]
    results = [as_text(part.function_response.response) for part in sent if part.function_response]
    earlier = Earlier(_sent_back(body))
    images = sum(_holds_image(part) for part in sent) - earlier.count
    check_input([*instructions, *texts, *results], images, intake.settings, "contents", earlier)
    request = build_request(
        body, _answer_fields(body, model), _terms(body, limits), tenant, limits, intake.settings
    )
    conversation = Conversation()
    conversation.add("system", instructions)
    for place, content in enumerate(body.contents):
        parts = [
            _described(part)
            if earlier.is_too_old(path)
            else _part(part, _role(content), path, tenant, intake)
            for path, part in _placed(place, content)
        ]
        conversation.add(_role(content), await asyncio.gather(*parts))
    return await with_conversation(request, conversation, limits, intake, earlier.warnings("contents"))


def _instructions(body: GenerateContent) -> list[str]:
    if body.system_instruction is None:
        return []
    said = _content(body.system_instruction)
    for place, part in said:
        if part.inline_data or part.file_data:
            raise InvalidRequest(
                f"`systemInstruction.parts[{place}]` is an image; only `contents` can hold images.",
                param=f"systemInstruction.parts[{place}]",
            )
    return [part.text or "" for _, part in said]


def _terms(body: GenerateContent, limits: Limits) -> Terms:
    config = body.generation_config
    return Terms(
        mode=_mode(set(config.response_modalities or ())),
        size=(_size(config.image_config.aspect_ratio, limits), RATIO),
        encoding=(EncodingFields(), ""),
        output_tokens=(config.max_output_tokens, "generationConfig.maxOutputTokens"),
        thinking=config.thinking_config.thinks,
        thoughts="as_text" if config.thinking_config.include_thoughts else "never",
    )


def _answer_fields(body: GenerateContent, model: str) -> AnswerFields:
    config = body.generation_config
    return AnswerFields(
        model=model,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=None if config.top_k is None else int(config.top_k),
        presence_penalty=config.presence_penalty,
        frequency_penalty=config.frequency_penalty,
        stop=config.stop_sequences,
        seed=config.seed,
        store=body.store,
        cast=body.cast,
        style=body.style,
    )


def _mode(modalities: set[Literal["TEXT", "IMAGE"]]) -> Mode:
    if modalities == {"TEXT"}:
        return "text"
    return "image" if modalities == {"IMAGE"} else "auto"


def _size(ratio: str | None, limits: Limits) -> str:
    """The size of this ratio whose area is nearest to the default's, as far as the model draws several."""
    if ratio is None:
        return "auto"
    across, down = map(int, ratio.split(":"))
    area = limits.default_size[0] * limits.default_size[1]
    if not limits.sizes:
        sides = (sqrt(area * across / down), sqrt(area * down / across))
        width, height = (_on_grid(side, limits) for side in sides)
        return size_name(width, height)
    fitting = [(width, height) for width, height in limits.sizes if width * down == height * across]
    if not fitting:
        ratios = sorted(
            {
                f"{width // gcd(width, height)}:{height // gcd(width, height)}"
                for width, height in limits.sizes
            }
        )
        raise InvalidRequest(f"`{RATIO}` is {ratio}; it must be one of {', '.join(ratios)}.", param=RATIO)
    width, height = min(fitting, key=lambda size: abs(size[0] * size[1] - area))
    return size_name(width, height)


def _on_grid(side: float, limits: Limits) -> int:
    on_grid = round(side / limits.multiple_px) * limits.multiple_px
    return min(max(on_grid, limits.least_side_px), limits.most_side_px)


def _content(content: Content) -> list[tuple[int, Part]]:
    """The parts that say something; of an answer that is sent back, what failed says nothing."""
    return [
        (number, part)
        for number, part in enumerate(content.parts)
        if isinstance(part, Part) and part.part_metadata.error is None
    ]


def _placed(place: int, content: Content) -> list[tuple[str, Part]]:
    return [(f"contents[{place}].parts[{number}]", part) for number, part in _content(content)]


def _role(content: Content) -> Role:
    return "assistant" if content.role == "model" else "user"


def _holds_image(part: Part) -> bool:
    return part.inline_data is not None or part.file_data is not None


def _sent_back(body: GenerateContent) -> list[SentBack]:
    """The pictures in the model's own turns."""
    return [
        SentBack(path, "inline" if part.file_data is None else _kind(part.file_data.file_uri))
        for place, content in enumerate(body.contents)
        if _role(content) == "assistant"
        for path, part in _placed(place, content)
        if _holds_image(part)
    ]


def _kind(uri: str) -> Kind:
    return "named" if _file_name(uri) else kind_of_url(uri)


def _file_name(uri: str) -> str | None:
    found = FILE_NAME.fullmatch(uri) if len(uri) <= MOST_URL_CHARS else None
    return found and found["file"]


async def _described(part: Part) -> str:
    return part.part_metadata.description or UNDESCRIBED


async def _part(part: Part, role: Role, path: str, tenant: str, intake: Intake) -> str | Sent | Drawn:
    if sum(map(bool, (part.text, part.inline_data, part.file_data, part.function_response))) > 1:
        raise InvalidRequest(f"`{path}` holds several things; each needs a part of its own.", param=path)
    known = part.part_metadata.description
    if result := part.function_response:
        return result_of(result.name, result.response)
    if part.inline_data is not None:
        sent = await intake.by_data(part.inline_data.data, f"{path}.inlineData.data", known)
    elif part.file_data is not None:
        sent = await _file(part.file_data.file_uri, f"{path}.fileData.fileUri", known, tenant, intake)
    else:
        return part.text or ""
    return sent if role == "user" else Drawn(sent.blob, known or UNDESCRIBED)


async def _file(uri: str, path: str, known: str | None, tenant: str, intake: Intake) -> Sent:
    if named := _file_name(uri):
        return await intake.by_file(tenant, named, path, known)
    return await intake.by_url(uri, path, known)
