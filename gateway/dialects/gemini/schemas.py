"""Google's answers and errors as models, for `/openapi.json` (see `gateway/dialects/common/schemas.py`)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gateway.dialects.common.schemas import AboutPicture, Object, PictureError


class InlineData(Object):
    """A picture."""

    mimeType: str = Field(description="Its type.")
    data: str | None = Field(description="Its base64; null if it is gone.")


class MissingPicture(Object):
    """What is known of a picture that will not come."""

    picture: str = Field(description="Its name in the conversation.")
    description: str | None = Field(description="What it was to show.")
    error: PictureError = Field(description="Why it will not come.")


class GeneratedPart(Object):
    """A text or a picture."""

    text: str = Field(
        default="", description="What is said, in the place of a picture that will not come, too."
    )
    inlineData: InlineData | None = Field(default=None, description="The picture.")
    partMetadata: AboutPicture | MissingPicture | None = Field(
        default=None, description="What is known of the picture."
    )


class GeneratedContent(Object):
    """Texts and pictures, in order."""

    role: Literal["model"] = Field(description="Who says it.")
    parts: tuple[GeneratedPart, ...] = Field(description="Each of them.")


class Candidate(Object):
    """The one answer."""

    content: GeneratedContent = Field(description="What is said and drawn.")
    index: Literal[0] = Field(description="There is one.")
    finishReason: Literal["STOP", "MAX_TOKENS"] = Field(description="Why the text ends.")


class UsageMetadata(Object):
    """What the plan took."""

    promptTokenCount: int = Field(description="Tokens that the planner read.")
    candidatesTokenCount: int = Field(description="Tokens that it wrote.")
    totalTokenCount: int = Field(description="Both.")
    cachedContentTokenCount: int = Field(description="Tokens read before, and kept.")


class GeneratedAnswer(Object):
    """A whole answer."""

    candidates: tuple[Candidate, ...] = Field(description="One.")
    modelVersion: str = Field(description="Planner and visualizer together.")
    responseId: str = Field(description="The same answer in /v1/responses.")
    usageMetadata: UsageMetadata | None = Field(default=None, description="What it took.")


class GoogleStatus(Object):
    """Why a request was refused or failed."""

    code: int = Field(description="The HTTP status.")
    message: str = Field(description="For people: the field, the limit and what was sent.")
    status: str = Field(description="Google's name of it.")
    details: tuple[dict[str, Any], ...] = Field(
        description="The reason for programs, and the field at fault."
    )


class GoogleError(Object):
    """An error in Google's form."""

    error: GoogleStatus = Field(description="What went wrong.")
