"""Text on its way in and out. Python takes in bytes that are no text as halves of characters, which can name a file but can't be sent."""

from __future__ import annotations

import io
import sys
from typing import TextIO, TypeVar

import typer

T = TypeVar("T", str, str | None, list[str] | None)

NO_TEXT = "this is no text in UTF-8"


def is_text(words: str) -> bool:
    """Whether every character is whole."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(said: T) -> T:
    """What was said on the command line, as it is; a callback for arguments and options that are sent.

    Raises:
        typer.BadParameter: it is no text.
    """
    every = said if isinstance(said, list) else [said]
    if not all(is_text(words) for words in every if words is not None):
        raise typer.BadParameter(NO_TEXT)
    return said


def stdin() -> TextIO:
    """Standard input, which brings whatever bytes there are: a line that is no text must not take the others with it.

    Raises:
        typer.BadParameter: there is none.
    """
    # Closed by whoever started this, it is None.
    found: TextIO | None = sys.stdin
    if found is None:
        raise typer.BadParameter("there is no standard input to read from")
    if isinstance(found, io.TextIOWrapper):
        found.reconfigure(errors="surrogateescape")
    return found


def piped_in() -> str:
    """All of standard input.

    Raises:
        typer.BadParameter: it is no text, or can't be read.
    """
    try:
        words = stdin().read()
    except OSError as error:
        raise typer.BadParameter(f"standard input can't be read ({error.strerror})") from error
    if not is_text(words):
        raise typer.BadParameter(f"{NO_TEXT}, what came from standard input")
    return words


def let_stdout_take_anything() -> None:
    """Names of files go out as the bytes that they are, and a terminal that knows few characters gets a sign for the others."""
    out: TextIO | None = sys.stdout
    if isinstance(out, io.TextIOWrapper) and out.errors == "strict":
        out.reconfigure(errors="surrogateescape" if out.encoding.lower() == "utf-8" else "replace")
