"""What files are called: `file-` and random hexadecimal digits where a client sent one; a picture that was drawn is called after its response,
its item, and where one of its previews is meant, that preview's number.

    file-RANDOM    file-RESPONSE-ITEM    file-RESPONSE-ITEM-PREVIEW
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final, Self

FILE_ID: Final = r"file-[\w-]+"
"""A pattern of whatever may be a file's id, whether there is such a file or not."""
DRAWN_FILE_ID: Final = r"file-[0-9a-f]+-[0-9]+"
"""A pattern of whatever may be the id of a drawn picture, previews aside."""
_DRAWN: Final = re.compile(r"file-(?P<response>[0-9a-f]{32})-(?P<item>[0-9]{1,4})(-(?P<preview>[0-9]{1,4}))?")
_RESPONSE: Final = "resp_"


def new_file_id() -> str:
    """An id for a file that a client sends."""
    return f"file-{secrets.token_hex(16)}"


@dataclass(frozen=True, slots=True)
class DrawnFile:
    """A picture as a file: item `item` of a response, or for a number, that preview of it."""

    response_id: str
    item: int
    preview: int | None = None

    @property
    def id(self) -> str:
        """Its name."""
        preview = "" if self.preview is None else f"-{self.preview}"
        return f"file-{self.response_id.removeprefix(_RESPONSE)}-{self.item}{preview}"

    @classmethod
    def parse(cls, file_id: str) -> Self | None:
        """What an id names; None if it is not that of a drawn picture."""
        found = _DRAWN.fullmatch(file_id)
        if found is None:
            return None
        preview = found["preview"]
        response_id = f"{_RESPONSE}{found['response']}"
        return cls(response_id, int(found["item"]), None if preview is None else int(preview))
