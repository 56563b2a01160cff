"""Google's answers and errors as models, for `/openapi.json` (see `gateway/dialects/common/schemas.py`)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gateway.dialects.common.cast import ToldFigure
from gateway.dialects.common.schemas import AboutPicture, Object, PictureError, RequestWarning


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
    thought: bool = Field(default=False, description="It is no part of the answer's text.")
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
    thoughtsTokenCount: int = Field(description="Tokens that it thought.")
    totalTokenCount: int = Field(description="All of them.")
    cachedContentTokenCount: int = Field(description="Tokens read before, and kept.")


class GeneratedAnswer(Object):
    """A whole answer."""

    candidates: tuple[Candidate, ...] = Field(description="One.")
    modelVersion: str = Field(description="Planner and visualizer together.")
    responseId: str = Field(description="The same answer in /v1/responses.")
    usageMetadata: UsageMetadata | None = Field(default=None, description="What it took.")
    cast: tuple[ToldFigure, ...] = Field(default=(), description="Who returns in the pictures.")
    style: str | None = Field(default=None, description="Of all pictures.")
    warnings: tuple[RequestWarning, ...] = Field(default=(), description="What of the request was ignored.")


class GeminiModel(Object):
    """The one model, as Google's clients list it."""

    name: str = Field(description="`models/` and the name to ask for.")
    baseModelId: str = Field(description="The name to ask for.")
    version: Literal["1"] = Field(default="1", description="There is one.")
    displayName: str = Field(description="The same.")
    description: str = Field(
        default="Texts with pictures in them, in one answer and in order.", description="What it does."
    )
    inputTokenLimit: int = Field(description="Tokens that the planner reads.")
    outputTokenLimit: int = Field(description="Tokens that it writes at most.")
    supportedGenerationMethods: tuple[str, ...] = Field(
        default=("generateContent", "streamGenerateContent", "countTokens"),
        description="What it can be asked.",
    )


class GeminiModelList(Object):
    """The one model."""

    models: tuple[GeminiModel, ...] = Field(description="It alone.")


class TokenCount(Object):
    """How much is asked."""

    totalTokens: int = Field(
        description="About as many tokens as the planner would read: a quarter of the bytes."
    )


class GeminiFile(Object):
    """A file that was sent."""

    name: str = Field(description="`files/` and its id.")
    uri: str = Field(description="Names it in `fileData.fileUri`.")
    displayName: str = Field(description="Its name, as sent.")
    mimeType: Literal["image/png"] = Field(default="image/png", description="As it is kept.")
    sizeBytes: str = Field(description="Stored, so of a plain PNG.")
    createTime: str = Field(description="When it was sent, RFC 3339.")
    expirationTime: str = Field(description="When it is forgotten, RFC 3339.")
    state: Literal["ACTIVE"] = Field(default="ACTIVE", description="It can be used.")


class UploadedFile(Object):
    """The answer to an upload."""

    file: GeminiFile = Field(description="What was sent.")


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
