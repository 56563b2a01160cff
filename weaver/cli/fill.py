"""`weaver fill`: draws the pictures that a Markdown document describes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from weaver import Busy, GatewayFailed, InvalidRequest, Weaver, WeaverError
from weaver.cli.errors import in_options, notice, reporting_errors
from weaver.cli.exits import Exit
from weaver.cli.jsonl import print_json
from weaver.cli.options import AsJson, Model, Seed, Size, Url, weaver
from weaver.client.config import DEFAULT_URL
from weaver.client.drawing import DrawOptions
from weaver.fill.drawing import Document


def fill(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A Markdown file.")
    ],
    apart: Annotated[
        bool, typer.Option("--apart", help="Let no picture guide another; else the first guides the rest.")
    ] = False,
    size: Size = None,
    seed: Seed = None,
    model: Model = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Draw the pictures that a Markdown file describes, `![A fox at the sea]()`, and again those described anew."""
    document = Document(file)
    given = {"size": size, "seed": seed, "model": model}
    options = cast(DrawOptions, {name: value for name, value in given.items() if value is not None})
    lost = 0
    with reporting_errors(as_json), weaver(url) as gateway:
        wanted = _wanted(document)
        for number, description in enumerate(wanted, 1):
            lost += not _drawn(
                document, description, gateway, options, apart, as_json, f"{number} of {len(wanted)}"
            )
    if not wanted:
        notice(f"Nothing to draw in {file}: every description has its picture.")
    elif lost:
        notice(f"{lost} of {len(wanted)} did not come; the same command tries them again.")
    raise typer.Exit(Exit.PICTURES_FAILED if lost else Exit.OK)


def _wanted(document: Document) -> list[str]:
    try:
        return document.to_draw()
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{document.path} is no text in UTF-8") from error


def _drawn(
    document: Document,
    description: str,
    gateway: Weaver,
    options: DrawOptions,
    apart: bool,
    as_json: bool,
    which: str,
) -> bool:
    """Whether one more picture was drawn. Raises what ends the whole command."""
    try:
        with Console(stderr=True, highlight=False).status(f"drawing {which}"):
            path = document.draw(description, gateway, options, apart=apart)
    except (Busy, GatewayFailed, InvalidRequest) as error:
        if not _of_this_picture(error):
            raise
        if as_json:
            print_json({"description": description, "path": None, "message": str(error)})
        notice(f"{which} did not come: {description}\n  {in_options(error)}")
        return False
    if as_json:
        print_json({"description": description, "path": str(path)})
    else:
        typer.echo(f"{path}  {description}")
    return True


def _of_this_picture(error: WeaverError) -> bool:
    """Whether another picture may come all the same."""
    if isinstance(error, InvalidRequest):
        return error.code == "rejected" or error.field == "prompt"
    return True
