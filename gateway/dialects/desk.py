"""Takes in what clients send, in any dialect: texts are measured, images checked and stored.

It knows nothing of how a dialect writes its messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.checks import check_at_most
from gateway.errors import InvalidRequest
from gateway.files import Files
from gateway.history import History
from gateway.images import STORED_MEDIA_TYPE, ImageCheck
from gateway.settings import Settings
from gateway.turns import Sent
from visualizer_service.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to take a client's input in."""

    settings: Settings
    blobs: Blobs
    files: Files
    images: ImageCheck
    history: History

    async def by_url(self, url: str, path: str, description: str | None = None) -> Sent:
        """Store the image in a data URL; `path` is the field that holds it. Raises InvalidRequest."""
        png = await self.images.from_url(url, path)
        return Sent(await self.blobs.put(png, STORED_MEDIA_TYPE), description)

    async def by_file(self, tenant: str, file_id: str, path: str, description: str | None = None) -> Sent:
        """Find an image that was sent before; `path` is the field that names it. Raises NotFound."""
        return Sent(await self.files.blob_id(tenant, file_id, path), description)


def check_said(texts: Sequence[str], images: int, settings: Settings, param: str) -> None:
    """Refuse an input that says nothing, or more than is taken; `param` is the field that holds it."""
    if not images and not any(text.strip() for text in texts):
        raise InvalidRequest(f"`{param}` is empty; it needs text or an image.", param=param)
    check_at_most(sum(map(len, texts)), settings.most_input_chars, "characters", param)
    check_at_most(images, settings.most_input_images, "images", param)
