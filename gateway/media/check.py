"""Checks the images that users send and makes plain ones of them: upright, opaque, without metadata.

They are decoded in a few processes of their own (`decoders`), so a hostile file costs bounded time and memory, and none of the streams'.
It knows nothing of HTTP or of where images are kept.
"""

from __future__ import annotations

import re

from gateway.answer.errors import InvalidRequest
from gateway.media.decoders import Decoders
from gateway.media.decoding import ImageLimits, Unfit
from visualizer_service.queue.blobs import Blob

DATA_URL = re.compile(r"data:(?P<media_type>[\w.+-]+/[\w.+-]+);base64,", re.IGNORECASE)


class InvalidImage(InvalidRequest):
    """The image cannot be taken."""

    code = "invalid_image"


class ImageCheck:
    """Turns what users send into images that the rest of the system can trust; each may take `image_s` seconds of CPU time."""

    def __init__(self, limits: ImageLimits, processes: int, image_s: float) -> None:
        self._limits = limits
        self._decoders = Decoders(limits, processes, image_s)

    async def from_bytes(self, data: bytes, declared: str | None, param: str) -> Blob:
        """Check an image.

        Args:
            data: the file's bytes.
            declared: the media type that the client claims, if any.
            param: the field to name in errors.

        Returns:
            What to keep: upright, opaque (transparent parts on white), 8 bits a channel, without metadata. PNG, unless that would be
            much larger than what was sent.

        Raises:
            InvalidImage: too many bytes or pixels, too small, of another type than allowed or declared, animated, or broken.
        """
        self.check_bytes(len(data), param)
        return await self._plain(data, 0, declared, param)

    async def from_url(self, url: str, param: str) -> Blob:
        """Check the image in a data URL, as `from_bytes` does; a URL that would have to be fetched is refused."""
        match = DATA_URL.match(url)
        if match is None:
            raise InvalidImage(
                f"`{param}` must be a data URL (data:image/png;base64,…); here, images are not fetched from elsewhere "
                "(the operator's setting GATEWAY_REMOTE_IMAGES). Upload the image as a file and send its `file_id`.",
                code="invalid_image_url",
                param=param,
            )
        return await self._from_base64(url, match.end(), match["media_type"], param)

    async def from_base64(self, text: str, param: str) -> Blob:
        """Check an image in plain base64, as `from_bytes` does."""
        return await self._from_base64(text, 0, None, param)

    def check_bytes(self, count: int, param: str) -> None:
        """Refuse a file by its size alone; raises as `from_bytes`."""
        if count > self._limits.most_bytes:
            raise InvalidImage(
                f"`{param}` holds {count} bytes; at most {self._limits.most_bytes} are taken.",
                code="image_file_too_large",
                param=param,
            )

    async def close(self) -> None:
        """End the processes."""
        await self._decoders.close()

    async def _from_base64(self, text: str, start: int, declared: str | None, param: str) -> Blob:
        self.check_bytes((len(text) - start) * 3 // 4 - 2, param)
        return await self._plain(text, start, declared, param)

    async def _plain(self, sent: bytes | str, start: int, declared: str | None, param: str) -> Blob:
        try:
            return await self._decoders.plain(sent, start, declared)
        except Unfit as error:
            raise InvalidImage(f"`{param}` {error.words}", code=error.code, param=param) from None
