"""Where a file's bytes are, as clients fetch it and send it back: a path, before it where this service is, after it a signature."""

from __future__ import annotations

import re
from typing import Final

from gateway.store.file_ids import DRAWN_FILE_ID, FILE_ID

MOST_URL_CHARS: Final = 2048
"""No URL of ours comes near it. One that is longer, such as a data URL of megabytes, is not looked into: that would keep the event loop."""


def content_path(file_id: str) -> str:
    """Where a file can be fetched, below where this service is."""
    return f"/v1/files/{file_id}/content"


def signature_in(url: str) -> tuple[str, int, str] | None:
    """The file that a signed link opens, until when (Unix time in seconds), and its signature; None of any other URL."""
    found = _SIGNED.fullmatch(url) if len(url) <= MOST_URL_CHARS else None
    return found and (found["file"], int(found["expires"]), found["signature"])


def file_in(url: str) -> str | None:
    """The file that a URL ends with, with or without a host, signed or not; None of any other URL."""
    found = _KEPT.search(url) if len(url) <= MOST_URL_CHARS else None
    return found and found["file"]


def _pattern(file_id: str) -> str:
    return rf"(?:https?://[^\s()?#]{{1,300}}?)?{content_path(f'(?P<file>{file_id})')}(?:\?[\w=&]*)?"


FILE_URL: Final = _pattern(FILE_ID)
"""A pattern of the URL of any file, with or without a host, signed or not; the group `file` is its id."""
DRAWN_URL: Final = _pattern(DRAWN_FILE_ID)
"""The same of a drawn picture."""
_KEPT: Final = re.compile(rf"{FILE_URL}\Z")
_SIGNED: Final = re.compile(
    rf"(?:https?://[^\s()?#]{{1,300}}?)?{content_path(f'(?P<file>{DRAWN_FILE_ID})')}"
    r"\?expires=(?P<expires>[0-9]{1,12})&signature=(?P<signature>[0-9a-f]+)"
)
