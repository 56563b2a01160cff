"""Pictures alone as models, for `/openapi.json` (see `gateway/dialects/common/schemas.py`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gateway.dialects.common.cast import ToldFigure
from gateway.dialects.common.schemas import AboutPicture, DrawingUsage, Object, PictureError, RequestWarning
from visualizer_service.wire import OutputFormat


class DrawnImage(AboutPicture):
    """A picture."""

    b64_json: str | None = Field(description="The picture in base64, unless links were asked for.")
    revised_prompt: str | None = Field(description="The same as `description`.")


class FailedPicture(Object):
    """A picture that will not come."""

    index: int = Field(description="Its number, from 0.")
    error: PictureError = Field(description="Why.")


class ImageInputTokens(Object):
    """Tokens read."""

    image_tokens: Literal[0] = Field(description="Pictures are not counted in tokens.")
    text_tokens: int = Field(description="All of them.")


class ImagesUsage(DrawingUsage):
    """What it took."""

    input_tokens: int = Field(description="Tokens that the planner read.")
    input_tokens_details: ImageInputTokens = Field(description="Of these.")
    output_tokens: int = Field(description="Tokens of the descriptions.")
    total_tokens: int = Field(description="Both.")


class ImagesResult(Object):
    """Pictures, in order."""

    created: int = Field(description="Unix time in seconds.")
    background: Literal["opaque"] = Field(description="Pictures fill their whole area.")
    output_format: OutputFormat = Field(description="The pictures' type.")
    quality: Literal["low", "medium", "high"] | None = Field(description="As asked for; null for auto.")
    size: str | None = Field(description="Width and height of the first.")
    data: tuple[DrawnImage, ...] = Field(description="The pictures that came.")
    failed: tuple[FailedPicture, ...] = Field(description="Those that did not.")
    cast: tuple[ToldFigure, ...] = Field(description="Who returns in the pictures.")
    style: str | None = Field(description="Of all pictures.")
    warnings: tuple[RequestWarning, ...] = Field(description="What of the request was ignored.")
    usage: ImagesUsage | None = Field(description="What it took.")
    response_id: str = Field(description="The same answer in /v1/responses.")
