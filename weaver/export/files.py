"""Writes an answer to a file in the form that the file's name asks for, or into a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from weaver.client.answer import Answer, Picture
from weaver.export.book import book
from weaver.export.markdown import markdown
from weaver.export.page import page
from weaver.export.pictures import png, write_pictures
from weaver.export.story import file_name

Write = Callable[[Answer, Path, str | None], None]


def write(answer: Answer, path: Path, prompt: str | None = None) -> None:
    """Write it; `prompt` is what it answers.

    Raises:
        KeyError: the name ends in none of `FORMS`, and is no folder.
        NoPicture: only pictures were to be written, and none came.
        OSError: it cannot be written.
    """
    if path.is_dir():
        save_pictures(answer, path)
        (path / "story.md").write_text(markdown(answer, ".", prompt), encoding="utf-8")
    else:
        FORMS[path.suffix.lower()](answer, path, prompt)


def whole(answer: Answer, prompt: str | None = None) -> bytes:
    """All of an answer in one piece: a picture alone as its PNG file, anything else as Markdown with the pictures inside."""
    came = [picture for picture in answer.pictures if picture.data is not None]
    if len(came) == len(answer.parts) == 1:
        return png(came[0])
    return markdown(answer, None, prompt).encode()


def save_picture(picture: Picture, folder: Path) -> Path:
    """Write a picture that came as a file of its own; the folder is made for it if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(picture)
    path.write_bytes(picture.data or b"")
    return path


def save_pictures(answer: Answer, folder: Path) -> None:
    """The same for all that came."""
    for picture in answer.pictures:
        if picture.data is not None:
            save_picture(picture, folder)


def _write_page(answer: Answer, path: Path, prompt: str | None) -> None:
    path.write_text(page(answer, prompt), encoding="utf-8")


def _write_markdown(answer: Answer, path: Path, prompt: str | None) -> None:
    """The pictures of `story.md` go to `story-pictures/`."""
    folder = path.with_name(f"{path.stem}-pictures")
    save_pictures(answer, folder)
    path.write_text(markdown(answer, quote(os.fsencode(folder.name)), prompt), encoding="utf-8")


def _write_pictures(answer: Answer, path: Path, prompt: str | None) -> None:
    write_pictures(answer, path)


def _write_book(answer: Answer, path: Path, prompt: str | None) -> None:
    path.write_bytes(book(answer, prompt))


FORMS: Mapping[str, Write] = {
    ".html": _write_page,
    ".md": _write_markdown,
    ".epub": _write_book,
    ".png": _write_pictures,
}
