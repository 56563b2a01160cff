"""How a file's bytes leave over HTTP: cacheable, known by an ETag, in parts where a part is asked for.

It knows headers and bytes; whose file it is was settled before.

Source:
    RFC 9110 §13 (conditional requests) and §14 (ranges); a list of ranges may be answered with the whole, and is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from fastapi import Response

from gateway.answer.errors import RangeNotSatisfiable
from gateway.http.problems import Problem
from gateway.store.files import Content

RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


def answer(content: Content, sent: Mapping[str, str], now: float) -> Response:
    """The file, the part of it that is asked for, or word that the client has it already.

    Args:
        content: the file.
        sent: the request's headers, by any case of their names.
        now: Unix time in seconds.
    """
    data, etag = content.blob.data, f'"{content.blob_id}"'
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        "cache-control": f"private, max-age={max(0, int(content.file.expires_at - now))}, immutable",
        "content-disposition": f"inline; filename*=UTF-8''{quote(content.file.filename, safe='')}",
        "x-content-type-options": "nosniff",
    }
    if _is_known(sent.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    wanted = sent.get("range") if sent.get("if-range", etag) == etag else None
    try:
        part = None if wanted is None else span(wanted, len(data))
    except RangeNotSatisfiable as error:
        refused = Problem(error)
        refused.headers["content-range"] = f"bytes */{len(data)}"
        return refused
    if part is None:
        return Response(data, media_type=content.blob.media_type, headers=headers)
    headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{len(data)}"
    return Response(
        data[part.start : part.stop], status_code=206, media_type=content.blob.media_type, headers=headers
    )


def span(wanted: str, size: int) -> range | None:
    """The bytes that a `Range` header asks for; None if it asks for nothing that is understood, so that the whole is sent.

    Raises:
        RangeNotSatisfiable: none of them is there.
    """
    match = RANGE.fullmatch(wanted.strip())
    if match is None or match["first"] == match["last"] == "":
        return None
    if match["first"] == "":
        part = range(max(0, size - int(match["last"])), size)
    else:
        first, last = int(match["first"]), int(match["last"] or size)
        if match["last"] and last < first:
            return None
        part = range(first, min(last + 1, size))
    if not part:
        raise RangeNotSatisfiable(
            f"`Range` is {wanted.strip()[:40]}; the file has {size} bytes.", param="Range"
        )
    return part


def _is_known(if_none_match: str, etag: str) -> bool:
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in known or etag in known
