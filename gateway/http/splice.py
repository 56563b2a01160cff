"""JSON that holds pictures: their base64 is made as they are written, piece by piece, and spliced in as bytes.

Encoding megabytes at once would hold up every other stream of the process; here a piece is as long as what a client is sent at once.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import secrets
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from gateway.dialects.common.wire import Inline
from gateway.http.pictures import SharedPictures
from visualizer_service.blobs.objects import BlobsUnavailable

log = logging.getLogger(__name__)

# Each is to be taken by the client before the next is made.
PIECE_BYTES = 65536
# Three bytes are four characters, so pieces need no padding but the last.
_RAW_BYTES = PIECE_BYTES // 4 * 3
# Chosen anew by each process and never sent, so no client's text can hold it.
MARK = secrets.token_hex(16)
_MARK_BYTES = MARK.encode()
MARKED = re.compile(f'"((?:data:[a-z/]+;base64,)?){MARK}([0-9a-f]{{64}})"'.encode())


def encoded(value: Mapping[str, Any]) -> bytes:
    """A JSON object with marks where its pictures belong."""
    # ASCII, because some clients take U+2028 for the end of a line.
    try:
        return to_json(value, ensure_ascii=True, fallback=_marked)
    except PydanticSerializationError:
        # A lone surrogate has no UTF-8, which the faster encoder begins with.
        return json.dumps(value, separators=(",", ":"), default=_marked).encode()


def has_pictures(encoded: bytes) -> bool:
    """Whether there are such marks."""
    return _MARK_BYTES in encoded


async def spliced(encoded: bytes, pictures: SharedPictures) -> AsyncGenerator[bytes]:
    """What was encoded, in pieces of at most `PIECE_BYTES` where pictures are, with one picture in memory at a time.

    A picture that is gone becomes `null`, and so does one that the store does not give; the file is there once the store is back.

    Raises:
        BlobsUnavailable: at the end, if that is so of every picture: then there is nothing to show.
    """
    failure: BlobsUnavailable | None = None
    has_shown = False
    # Splitting by a pattern with two groups gives text, what precedes the base64, and blob ids in turn.
    head = b""
    for position, piece in enumerate(MARKED.split(encoded)):
        if position % 3 == 0:
            yield piece
            continue
        if position % 3 == 1:
            head = piece
            continue
        try:
            found = await pictures.get(piece.decode()) if failure is None else None
        except BlobsUnavailable as error:
            failure, found = error, None
        if found is None:
            log.warning(
                "picture gone" if failure is None else "picture can't be read", extra={"blob": piece.decode()}
            )
            yield b"null"
        else:
            has_shown = True
            yield b'"' + head
            for start in range(0, len(found.data), _RAW_BYTES):
                yield base64.b64encode(found.data[start : start + _RAW_BYTES])
            yield b'"'
    if failure is not None and not has_shown:
        raise failure


def _marked(value: object) -> str:
    if isinstance(value, Inline):
        head = f"data:{value.media_type};base64," if value.media_type else ""
        return f"{head}{MARK}{value.blob}"
    raise TypeError(f"{type(value).__name__} is not JSON")
