"""Makes the gateway's `Request` of a `models.generateContent`."""

from __future__ import annotations

import asyncio
from math import gcd, sqrt
from typing import Literal

from gateway.answer.conversation import UNDESCRIBED, Conversation, Drawn, Sent
from gateway.answer.errors import InvalidRequest
from gateway.answer.request import Request
from gateway.answer.sizes import size_name
from gateway.dialects.common.accept import Terms, build_request, with_conversation
from gateway.dialects.common.fields import AnswerFields, EncodingFields
from gateway.dialects.common.intake import Intake, check_input
from gateway.dialects.gemini.request import Content, GenerateContent, Part
from planner_service.wire import Mode, Role
from visualizer_service.wire import Limits

ROLES: dict[Literal["user", "model"], Role] = {"user": "user", "model": "assistant"}
RATIO = "generationConfig.imageConfig.aspectRatio"


async def accept(body: GenerateContent, model: str, tenant: str, limits: Limits, intake: Intake) -> Request:
    """Make a request of what the client sent; see `gateway/dialects/common/accept.py`. `model` is named in the path."""
    sent = [part for content in body.contents for part in content.parts]
    system = [part.text for part in body.system_instruction.parts] if body.system_instruction else []
    texts = [part.text for part in sent if part.text is not None]
    check_input([*system, *texts], len(sent) - len(texts), intake.settings, "contents")
    request = build_request(
        _answer_fields(body, model), _terms(body, limits), tenant, limits, intake.settings
    )
    conversation = Conversation()
    conversation.add("system", system)
    for place, content in enumerate(body.contents):
        path = f"contents[{place}].parts"
        parts = [_part(part, content.role, f"{path}[{number}]", intake) for number, part in _content(content)]
        conversation.add(ROLES[content.role], await asyncio.gather(*parts))
    return await with_conversation(request, conversation, limits, intake)


def _terms(body: GenerateContent, limits: Limits) -> Terms:
    config = body.generation_config
    return Terms(
        mode=_mode(set(config.response_modalities or ())),
        size=(_size(config.image_config.aspect_ratio, limits), RATIO),
        encoding=(EncodingFields(), ""),
        output_tokens=(config.max_output_tokens, "generationConfig.maxOutputTokens"),
    )


def _answer_fields(body: GenerateContent, model: str) -> AnswerFields:
    config = body.generation_config
    return AnswerFields(
        model=model,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
        store=body.store,
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
    return [(number, part) for number, part in enumerate(content.parts) if part.part_metadata.error is None]


async def _part(part: Part, role: Literal["user", "model"], path: str, intake: Intake) -> str | Sent | Drawn:
    image = part.inline_data
    if image is None:
        return part.text or ""
    # Google's clients send the alphabet for URLs.
    plain = image.data.translate(str.maketrans("-_", "+/"))
    known = part.part_metadata.description
    sent = await intake.by_url(f"data:{image.mime_type};base64,{plain}", f"{path}.inlineData.data", known)
    return sent if role == "user" else Drawn(sent.blob, known or UNDESCRIBED)
