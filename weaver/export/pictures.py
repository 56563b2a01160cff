"""The pictures of an answer alone, as PNG files."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from weaver.client.answer import Answer, Picture


class NoPicture(Exception):
    """The answer has no picture that came."""


def write_pictures(answer: Answer, path: Path) -> None:
    """Write the first as `bear.png`, the second as `bear-2.png`, and so on.

    Raises:
        NoPicture: there is none.
    """
    came = [picture for picture in answer.pictures if picture.data is not None]
    if not came:
        raise NoPicture
    for number, picture in enumerate(came, 1):
        to = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        to.write_bytes(png(picture))


def png(picture: Picture) -> bytes:
    """A picture that came, as a PNG file."""
    data = picture.data or b""
    if picture.format == "png":
        return data
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, "PNG")
    return out.getvalue()
