"""JSON that holds pictures: their base64, made once when they were stored, is spliced in as bytes.

Encoding megabytes of base64 as a JSON string would hold up every other stream of the process; here only the small rest is encoded.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from redis.exceptions import RedisError

from gateway.dialects.common.wire import Inline
from gateway.http.pictures import SharedPictures

log = logging.getLogger(__name__)

# Each is to be taken by the client before the next is made.
PIECE_BYTES = 65536
# Chosen anew by each process and never sent, so no client's text can hold it.
MARK = secrets.token_hex(16)
MARKED = re.compile(f'"((?:data:[a-z/]+;base64,)?){MARK}([0-9a-f]{{64}})"'.encode())


async def spliced(value: Mapping[str, Any], pictures: SharedPictures) -> AsyncGenerator[bytes]:
    """Encode a JSON object in pieces of at most `PIECE_BYTES` where pictures are, with one picture in memory at a time.

    A picture that is gone becomes `null`. Should the store fail, the rest is still written, with `null` for what could not be
    read, so that the reader gets valid JSON; then the failure is raised.
    """
    failure: RedisError | None = None
    # Splitting by a pattern with two groups gives text, what precedes the base64, and blob ids in turn.
    head = b""
    for position, piece in enumerate(MARKED.split(_encoded(value))):
        if position % 3 == 0:
            yield piece
            continue
        if position % 3 == 1:
            head = piece
            continue
        try:
            found = await pictures.get(piece.decode()) if failure is None else None
        except RedisError as error:
            failure, found = error, None
        if found is None:
            log.warning("picture gone", extra={"blob": piece.decode()})
            yield b"null"
        else:
            yield b'"' + head
            for start in range(0, len(found.data), PIECE_BYTES):
                yield found.data[start : start + PIECE_BYTES]
            yield b'"'
    if failure is not None:
        raise failure


def _encoded(value: Mapping[str, Any]) -> bytes:
    # ASCII, because some clients take U+2028 for the end of a line, and a lone surrogate has no UTF-8.
    return json.dumps(value, separators=(",", ":"), default=_marked).encode()


def _marked(value: object) -> str:
    if isinstance(value, Inline):
        head = f"data:{value.media_type};base64," if value.media_type else ""
        return f"{head}{MARK}{value.blob}"
    raise TypeError(f"{type(value).__name__} is not JSON")
