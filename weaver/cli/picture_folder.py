"""Where pictures are put for people and programs that want files: one new folder for an answer, made with its first picture."""

from __future__ import annotations

import tempfile
from pathlib import Path

from weaver import Picture
from weaver.export.files import save_picture


class PictureFolder:
    """The pictures of one answer as files; nobody else can write into their folder."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def save(self, picture: Picture) -> Path:
        """Put a picture that came into a file."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="weaver-"))
        return save_picture(picture, self._folder)
