"""Images that are larger, or take longer, than they look."""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def noise(side_px: int) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise((side_px, side_px), 90) for _ in range(3)])


def many_scans(side_px: int, scans: int) -> bytes:
    """A grey progressive JPEG of which all scans but the first say nothing, each for a few bytes."""
    whole = encoded(Image.new("L", (side_px, side_px)), "JPEG", progressive=True)
    # One band of coefficients, none of them set: a single run to the end of the blocks, said as often as it takes.
    blocks = (side_px // 8) ** 2
    run, rest = 0x7FFF, b""
    huffman = b"\xff\xc4" + struct.pack(">HB", 20, 0x10) + b"\x01" + bytes(15) + bytes([0xE0])
    bits, left = "", blocks
    while left > 0:
        now = min(left, run)
        bits += "0" + format(max(now, 1 << 14) - (1 << 14), "014b")
        left -= max(now, 1 << 14)
    bits += "1" * (-len(bits) % 8)
    coded = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\x00")
    scan = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0x00, 1, 63, 0x00) + coded
    return whole[:-2] + (huffman + scan) * scans + rest + whole[-2:]
