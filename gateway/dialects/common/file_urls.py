"""Where a file's bytes are, as clients fetch it and send it back: a path, to which a signed link adds its query."""

from __future__ import annotations

from typing import Final

from gateway.store.file_ids import DRAWN_FILE_ID, FILE_ID


def content_path(file_id: str) -> str:
    """Where a file can be fetched; without the host, which the client knows best."""
    return f"/v1/files/{file_id}/content"


def _pattern(file_id: str) -> str:
    return rf"{content_path(f'(?P<file>{file_id})')}(?:\?[\w=&]*)?"


FILE_URL: Final = _pattern(FILE_ID)
"""A pattern of the path of any file, signed or not; the group `file` is its id."""
DRAWN_URL: Final = _pattern(DRAWN_FILE_ID)
"""The same of a drawn picture."""
