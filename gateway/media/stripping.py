"""An image file with nothing in it but the image: no metadata, no thumbnails, nothing after its end. The image is not encoded anew.

Only for files that have been decoded, so their structure is known to be sound.

Source:
    PNG (W3C) §5.3; ITU-T T.81 annex B; RFC 9649 §2 (WebP).
"""

from __future__ import annotations

import re
import struct

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PNG_CHUNKS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
# Application data, of which only JFIF's (density) and Adobe's (how colours are written) say how to decode; and comments.
METADATA = (*range(0xE1, 0xEE), 0xEF, 0xFE)
# What ends the coded data of a scan: a marker that is neither a stuffed byte nor a restart.
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
WEBP_IMAGES = (b"VP8 ", b"VP8L")


def stripped(data: bytes, format: str) -> bytes:
    """The file without all but the image. `format` is Pillow's name for it. Raises ValueError or struct.error if it is not so built."""
    match format:
        case "PNG":
            return _png(data)
        case "WEBP":
            return _webp(data)
    return _jpeg(data)


def _png(data: bytes) -> bytes:
    kept, at = [PNG_HEAD], len(PNG_HEAD)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + length + 12
        if kind in PNG_CHUNKS:
            kept.append(data[at:end])
        if kind == b"IEND":
            break
        at = end
    return b"".join(kept)


def _jpeg(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while True:
        # Any number of fill bytes may stand before a marker.
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == END_OF_IMAGE:
            return b"".join([*kept, data[at : at + 2]])
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if marker == START_OF_SCAN:
            found = AFTER_SCAN.search(data, end)
            if found is None:
                raise ValueError("the image has no end")
            end = found.start()
        if marker not in METADATA:
            kept.append(data[at:end])
        at = end


def _webp(data: bytes) -> bytes:
    at = 12
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind in WEBP_IMAGES:
            image = data[at : at + 8 + length] + b"\0" * (length % 2)
            return b"RIFF" + struct.pack("<I", 4 + len(image)) + b"WEBP" + image
        at += 8 + length + length % 2
    raise ValueError("there is no image in it")
