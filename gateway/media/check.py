"""Images that users send, checked: taken if they are whole, still images within the limits, and made plain.

It knows nothing of HTTP or of where images are kept; they are decoded elsewhere (`decoders`).
"""

from __future__ import annotations

from gateway.answer.errors import InvalidRequest
from gateway.media.decoders import Decoders
from gateway.media.decoding import ImageLimits, Unfit, check_bytes
from gateway.media.forms import is_data_url
from visualizer_service.blobs.blobs import Blob


class InvalidImage(InvalidRequest):
    """An input image cannot be taken; the message says why."""

    code = "invalid_image"


class ImageCheck:
    """Turns what users send into images that the rest of the system can trust; each may take `image_s` seconds of CPU time."""

    def __init__(self, limits: ImageLimits, processes: int, image_s: float) -> None:
        self._limits = limits
        self._decoders = Decoders(limits, processes, image_s)

    async def from_bytes(self, data: bytes, param: str) -> Blob:
        """Check an image. It is what its bytes are, whatever its client or its name says.

        Args:
            data: the file's bytes.
            param: the field to name in errors.

        Returns:
            What to keep: upright, opaque (transparent parts on white), 8 bits a channel, without metadata. PNG, unless that would be
            much larger than what was sent.

        Raises:
            InvalidImage: too many bytes or pixels, too small, of another type than allowed, animated, or broken.
        """
        self.check_bytes(len(data), param)
        return await self._plain(data, param)

    async def from_url(self, url: str, param: str) -> Blob:
        """Check the image in a data URL, as `from_bytes` does; a URL that would have to be fetched is refused."""
        if not is_data_url(url):
            raise InvalidImage(
                f"`{param}` must be a data URL (data:image/png;base64,…); here, images are not fetched from elsewhere "
                "(the operator's setting GATEWAY_REMOTE_IMAGES). Upload the image as a file and send its `file_id`.",
                code="invalid_image_url",
                param=param,
            )
        return await self._plain(url, param)

    async def from_base64(self, text: str, param: str) -> Blob:
        """Check an image in plain base64, as `from_bytes` does."""
        return await self._plain(text, param)

    def check_bytes(self, count: int, param: str) -> None:
        """Refuse a file by its size alone; raises as `from_bytes`."""
        try:
            check_bytes(count, self._limits)
        except Unfit as error:
            raise _invalid(error, param) from None

    async def close(self) -> None:
        """End the processes."""
        await self._decoders.close()

    async def _plain(self, sent: bytes | str, param: str) -> Blob:
        try:
            return await self._decoders.plain(sent)
        except Unfit as error:
            raise _invalid(error, param) from None


def _invalid(error: Unfit, param: str) -> InvalidImage:
    return InvalidImage(f"`{param}` {error.words}", code=error.code, param=param)
