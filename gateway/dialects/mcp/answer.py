"""What an agent gets: how far the pictures are, and in the end the answer, its texts and pictures in order."""

from __future__ import annotations

from mcp import types

from gateway.answer.document import Document, Picture, Text
from gateway.answer.plan import Base64Store
from gateway.answer.request import Request
from gateway.dialects.common.cast import told_cast
from gateway.dialects.common.failed import answer_error
from gateway.dialects.common.pictures import about, absence, picture_error


def failed(message: str) -> types.CallToolResult:
    """A call that brings nothing but why."""
    return types.CallToolResult(content=[types.TextContent(text=message)], is_error=True)


async def result(request: Request, document: Document, store: Base64Store) -> types.CallToolResult:
    """The answer; if it broke off, what there is and why.

    Raises:
        redis.RedisError, OSError: Redis is away.
    """
    content: list[types.ContentBlock] = []
    for item in document.items:
        if isinstance(item, Picture):
            content.append(await _shown(request, item, store))
        elif isinstance(item, Text) and item.text:
            content.append(types.TextContent(text=item.text))
    error = answer_error(document)
    if error:
        content.append(types.TextContent(text=error.message))
    # Models that call tools read content only.
    content += [types.TextContent(text=f"[{warned.message}]") for warned in request.warnings]
    meta = {f"weaver/{name}": told for name, told in told_cast(request, document).items() if told}
    return types.CallToolResult(content=content, is_error=error is not None, _meta=meta or None)


def progress(document: Document) -> tuple[float, str]:
    """How many pictures are drawn, begun ones in part, and in words how far the first is that is not."""
    begun = [picture for picture in document.pictures if not picture.ended]
    drawn = len(document.pictures) - len(begun) + sum(picture.step / max(picture.of, 1) for picture in begun)
    if not begun:
        return drawn, f"{len(document.pictures)} drawn"
    first = begun[0]
    steps = f", step {first.step} of {first.of}" if first.of else ""
    return drawn, f"{first.id}: {first.state}{steps}"


async def _shown(request: Request, picture: Picture, store: Base64Store) -> types.ContentBlock:
    if error := picture_error(picture):
        return types.TextContent(text=absence(picture, error))
    assert picture.blob is not None
    data = await store.base64(picture.blob)
    if data is None:
        return types.TextContent(text=f"[{picture.id} is missing: The picture is no longer kept.]")
    media_type = picture.media_type or f"image/{request.draw.output_format}"
    meta = {"weaver/picture": about(request, picture)}
    return types.ImageContent(data=data.decode(), mime_type=media_type, _meta=meta)
