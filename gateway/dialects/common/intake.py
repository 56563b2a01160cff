"""Takes in what clients send, in any dialect: texts are measured, images checked and stored.

It knows nothing of how a dialect writes its messages.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from starlette.datastructures import UploadFile

from gateway.answer.checks import check_at_most
from gateway.answer.conversation import Sent
from gateway.answer.errors import InvalidRequest
from gateway.dialects.common.fields import ImageRef
from gateway.dialects.common.file_urls import signature_in
from gateway.dialects.common.named_files import NamedFiles
from gateway.dialects.common.sent_back import NONE_EARLIER, Earlier
from gateway.media.check import ImageCheck
from gateway.media.fetch import RemoteImages
from gateway.media.forms import is_data_url
from gateway.settings import Settings
from gateway.store.file_ids import DrawnFile
from gateway.store.files import Files
from gateway.store.history import History
from gateway.store.links import Links
from visualizer_service.blobs.blobs import TAKEN_IN_S, Blob, Blobs

# Each is a message of its own, or a part of one, with its share of work.
MOST_TEXTS = 1000


@dataclass(frozen=True, slots=True)
class Intake:
    """What is needed to take a client's request in. `remote` is None where images are not fetched from elsewhere; `holder` keeps what
    was taken in until a response does, and `named` remembers what one request named.
    """

    settings: Settings
    blobs: Blobs
    files: Files
    images: ImageCheck
    history: History
    links: Links
    remote: RemoteImages | None = None
    holder: str = "intake"
    named: NamedFiles | None = None

    def of_one(self) -> Self:
        """The same for one request."""
        return replace(self, holder=f"intake_{secrets.token_hex(8)}", named=NamedFiles(self.files))

    async def hand_over(self, response_id: str, blob_ids: Sequence[str]) -> None:
        """Let a response keep what was taken in for it, for a full time from now."""
        await self.blobs.keep(response_id, blob_ids)
        await self.blobs.let_go(self.holder, blob_ids)

    async def by_url(self, url: str, path: str, description: str | None = None) -> Sent:
        """Find the picture that a signed link of ours opens, or store the image in a data URL, or at an https URL.

        `path` is the field that holds it. Raises InvalidRequest, and of a link of ours Forbidden or NotFound.
        """
        if signed := signature_in(url):
            file_id, expires_at, signature = signed
            if drawn := DrawnFile.parse(file_id):
                await self.links.check(drawn.response_id, file_id, expires_at, signature, time.time())
                return Sent(await self._blob_id(None, file_id, path), description)
        if self.remote is None or is_data_url(url):
            image = await self.images.from_url(url, path)
        else:
            image = await self.images.from_bytes(await self.remote.fetch(url, path), path)
        return Sent(await self._put(image), description)

    async def by_data(self, data: str, path: str, description: str | None = None) -> Sent:
        """As `by_url`, of a data URL or of base64 alone."""
        if is_data_url(data):
            return await self.by_url(data, path, description)
        image = await self.images.from_base64(data, path)
        return Sent(await self._put(image), description)

    async def by_file(self, tenant: str, file_id: str, path: str, description: str | None = None) -> Sent:
        """Find an image that was sent before; `path` is the field that names it. Raises NotFound."""
        return Sent(await self._blob_id(tenant, file_id, path), description)

    async def by_ref(self, ref: ImageRef, tenant: str, path: str) -> Sent:
        """As `by_url` or `by_file`, whichever the object at `path` names; raises InvalidRequest if it names both or neither."""
        match ref:
            case ImageRef(image_url=str(url), file_id=None):
                return await self.by_url(url, f"{path}.image_url", ref.description)
            case ImageRef(image_url=None, file_id=str(file_id)):
                return await self.by_file(tenant, file_id, f"{path}.file_id", ref.description)
        raise InvalidRequest(f"`{path}` needs either an image_url or a file_id.", param=path)

    async def by_upload(self, file: UploadFile, param: str) -> Sent:
        """Store an uploaded image; `param` is the field that holds it. Raises InvalidRequest."""
        image = await self.uploaded(file, param)
        return Sent(await self._put(image))

    async def _blob_id(self, tenant: str | None, file_id: str, path: str) -> str:
        return await (self.named or self.files).blob_id(tenant, file_id, path)

    async def _put(self, image: Blob) -> str:
        return await self.blobs.put(image.data, image.media_type, self.holder, TAKEN_IN_S)

    async def uploaded(self, file: UploadFile, param: str) -> Blob:
        """An uploaded image, plain; raises as `by_upload`."""
        self.images.check_bytes(file.size or 0, param)
        return await self.images.from_bytes(await file.read(), param)


def check_input(
    texts: Sequence[str], images: int, settings: Settings, param: str, earlier: Earlier = NONE_EARLIER
) -> None:
    """Refuse an input that says nothing, or more than is taken.

    Args:
        texts: all that is said.
        images: how many images the user sends.
        settings: the operator's.
        param: the field that holds it all.
        earlier: the pictures of earlier answers.
    """
    if not images and not earlier.count and not any(text.strip() for text in texts):
        raise InvalidRequest(f"`{param}` is empty; it needs text or an image.", param=param)
    check_at_most(len(texts), MOST_TEXTS, "pieces of text", param)
    check_at_most(sum(map(len, texts)), settings.most_input_chars, "characters", param)
    check_at_most(images + earlier.elsewhere, settings.most_input_images, "images", param)
