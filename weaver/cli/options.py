"""Options that several commands have."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from weaver import Weaver
from weaver.cli.encoding import as_text
from weaver.cli.errors import notice
from weaver.cli.exits import Exit
from weaver.cli.last import last
from weaver.export.files import FORMS

STDOUT = Path("-")
SIZE = re.compile(r"auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4}")
# How files of pictures begin; HEIC and AVIF say `ftyp` a little later.
BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")

Url = Annotated[
    str,
    typer.Option(
        "--url",
        metavar="URL",
        envvar="WEAVER_URL",
        callback=as_text,
        help="The gateway; its key, if it wants one, is WEAVER_API_KEY.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts: JSON, one value a line.")]
ResponseId = Annotated[
    str | None,
    typer.Argument(metavar="ID", callback=as_text, help="The id of an answer, resp_…; or say --last."),
]
Last = Annotated[bool, typer.Option("--last", help="The answer asked for last from here.")]


def answer_id(response_id: str | None, use_last: bool, url: str) -> str:
    """Which answer is meant.

    Raises:
        typer.BadParameter: none is, or two.
    """
    if (response_id is None) != use_last:
        raise typer.BadParameter("say which answer: its id, or --last")
    return last(url) if response_id is None else response_id


def writable(path: Path) -> Path:
    """Where an answer may be written; what can't be in the end is refused before anything is asked.

    Raises:
        typer.BadParameter: it can't be written there.
    """
    try:
        if path.is_dir():
            place = path
        elif path.suffix.lower() not in FORMS:
            raise typer.BadParameter(f"it must end in {', '.join(FORMS)}, or be a folder that is there")
        else:
            place = path if path.exists() else path.resolve().parent
            if not path.resolve().parent.is_dir():
                raise typer.BadParameter(f"there is no folder {path.parent}")
    except (OSError, RuntimeError, ValueError) as error:
        # A name too long, links that lead in a circle, a NUL.
        raise typer.BadParameter(f"{path} can't be the name of a file") from error
    if not os.access(place, os.W_OK):
        raise typer.BadParameter(f"{place} can't be written to")
    return path


def _output(path: Path | None) -> Path | None:
    return path if path is None or path == STDOUT else writable(path)


def checked_pictures(paths: list[Path]) -> list[Path]:
    """Files that begin as pictures do.

    Raises:
        typer.BadParameter: one does not.
        OSError: one can't be read.
    """
    for path in paths:
        with path.open("rb") as file:
            head = file.read(12)
        if not head.startswith(BEGINNINGS) and head[4:8] != b"ftyp":
            raise typer.BadParameter(f"{path} is not a picture; PNG, JPEG, WebP and GIF are")
    return paths


def _size(size: str | None) -> str | None:
    if size is not None and not SIZE.fullmatch(size):
        raise typer.BadParameter(f"{size} is no size; say width and height in pixels, as in 160x96")
    return size


Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        callback=_output,
        help=f"Write the answer to this file: {', '.join(FORMS)}; or into a folder; or `-`, stdout.",
    ),
]
Images = Annotated[
    list[Path] | None,
    typer.Option(
        "-i",
        "--image",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        callback=lambda paths: paths and checked_pictures(paths),
        help="Send this image; again for more.",
    ),
]
Pictures = Annotated[
    int | None, typer.Option("-n", "--pictures", metavar="N", min=0, help="Exactly so many pictures.")
]
Mode = Annotated[Literal["auto", "text", "image", "interleaved"], typer.Option(help="Write, draw, or both.")]
Size = Annotated[
    str | None, typer.Option(metavar="WIDTHxHEIGHT", callback=_size, help="Of pictures, in pixels: 160x96.")
]
After = Annotated[str | None, typer.Option(metavar="ID", callback=as_text, help="Go on from this answer.")]
Seed = Annotated[int | None, typer.Option(metavar="N", min=0, help="The same seed draws the same pictures.")]
Model = Annotated[str | None, typer.Option(metavar="NAME", callback=as_text, help="One of `weaver models`.")]


def weaver(url: str) -> Weaver:
    """The gateway at an address.

    Raises:
        typer.Exit: it is no address.
    """
    try:
        return Weaver(url)
    except ValueError as error:
        notice(str(error))
        raise typer.Exit(Exit.USAGE) from error
