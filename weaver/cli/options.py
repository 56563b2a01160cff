"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from weaver import Weaver
from weaver.cli.errors import notice
from weaver.cli.exits import Exit
from weaver.export.files import FORMS

Url = Annotated[
    str,
    typer.Option(
        "--url", envvar="WEAVER_URL", help="The gateway; its key, if it wants one, is WEAVER_API_KEY."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Tell it to programs: JSON, a line each.")]
ResponseId = Annotated[str, typer.Argument(metavar="ID", help="The id of an answer, resp_….")]


def _writable(path: Path | None) -> Path | None:
    """What can't be written in the end is refused before anything is asked."""
    if path is not None and path.suffix.lower() not in FORMS:
        raise typer.BadParameter(f"it must end in {', '.join(FORMS)}, not {path.suffix or 'nothing'}")
    if path is not None and not path.resolve().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    return path


Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", callback=_writable, help=f"Write the answer to this file: {', '.join(FORMS)}."
    ),
]


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
