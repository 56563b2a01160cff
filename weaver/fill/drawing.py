"""Draws what a Markdown document describes, one picture after another, and links each as soon as it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from weaver.client.drawing import DrawOptions
from weaver.client.synchronous import Weaver
from weaver.fill.document import described_pictures, is_ours, link, linked, to_draw


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file; its pictures are in a folder beside it, `story-pictures/` of `story.md`."""

    path: Path

    @property
    def _real(self) -> Path:
        """The file itself: a link to it must stay one, and its pictures be found from wherever it is read."""
        return self.path.resolve() if self.path.is_symlink() else self.path

    def to_draw(self) -> list[str]:
        """The descriptions without a picture of theirs, in order."""
        return to_draw(self.text(), self._folder, self._exists)

    def draw(self, description: str, gateway: Weaver, options: DrawOptions, *, apart: bool) -> Path:
        """Draw one and link it. Unless `apart`, another picture of the document guides it, the first that there is.

        Raises:
            WeaverError: it was not drawn.
            OSError: it cannot be written.
        """
        guide = None if apart else self._guide(description)
        more: DrawOptions = {"images": [guide]} if guide is not None else {}
        drawn = gateway.draw(description, **{**options, **more})
        target = link(self._folder, description)
        path = self._file(target)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(drawn.data)
        self._link({description: target})
        return path

    def text(self) -> str:
        """What it says now; line ends are kept."""
        return self._real.read_bytes().decode("utf-8")

    @property
    def _folder(self) -> str:
        return quote(os.fsencode(f"{self._real.stem}-pictures"))

    def _guide(self, description: str) -> Path | None:
        targets = (
            picture.target
            for picture in described_pictures(self.text())
            if is_ours(self._folder, picture.target) and picture.description != description
        )
        return next((self._file(target) for target in targets if self._exists(target)), None)

    def _link(self, drawn: Mapping[str, str]) -> None:
        """Read anew, for whoever writes the document may have gone on meanwhile; replaced at once, so that nothing is ever half written."""
        text = linked(self.text(), self._folder, drawn)
        real = self._real
        beside = real.with_name(f".{real.name}.new")
        beside.write_bytes(text.encode("utf-8"))
        beside.chmod(real.stat().st_mode)
        os.replace(beside, real)

    def _file(self, target: str) -> Path:
        return self._real.parent / os.fsdecode(unquote_to_bytes(target))

    def _exists(self, target: str) -> bool:
        return self._file(target).is_file()
