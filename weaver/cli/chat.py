"""`weaver chat`: one question after another, each going on from the answer before."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from weaver import Answer, Weaver, WeaverError
from weaver.cli.ask import given, tell_ending
from weaver.cli.encoding import NO_TEXT, is_text, stdin
from weaver.cli.errors import advice, in_options, notice, reporting_errors, unwritten
from weaver.cli.last import last
from weaver.cli.options import (
    After,
    Images,
    Mode,
    Model,
    Pictures,
    Seed,
    Size,
    Url,
    checked_pictures,
    weaver,
    writable,
)
from weaver.cli.watching import watch
from weaver.client.config import DEFAULT_URL
from weaver.client.request_body import AskOptions
from weaver.export.files import write
from weaver.export.pictures import NoPicture

HELP = """\
/image FILE   send an image with the next question
/save FILE    write the last answer, as -o does
/new          begin anew
/quit         leave, as Ctrl-D does"""


def chat(
    after: After = None,
    use_last: Annotated[
        bool, typer.Option("--last", help="Go on from the answer asked for last from here.")
    ] = False,
    images: Images = None,
    pictures: Pictures = None,
    mode: Mode = "auto",
    size: Size = None,
    seed: Seed = None,
    model: Model = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Ask one thing after another. Ctrl-C cancels an answer, Ctrl-D leaves; /help says what else can be typed."""
    with reporting_errors(as_json=False), weaver(url) as gateway:
        options = given(pictures=pictures, mode=mode, size=size, seed=seed, model=model)
        before = last(gateway.url) if use_last else after
        Conversation(gateway, options, before, images or []).run()


class Conversation:
    """What a chat has come to: `before` is the answer that the next question goes on from, `images` are what it sends."""

    def __init__(self, gateway: Weaver, options: AskOptions, before: str | None, images: list[Path]) -> None:
        self._gateway, self._options = gateway, options
        self._before, self._images = before, images
        self._answer: tuple[Answer, str] | None = None

    def run(self) -> None:
        """Take lines until there are no more."""
        if stdin().isatty():
            import readline  # noqa: F401  # makes the line editable, and remembers those before

            notice("/help says what else can be typed; Ctrl-D leaves.")
        while (line := _line()) is not None and line != "/quit":
            if line.startswith("/"):
                self._command(line)
            elif not is_text(line):
                notice(f"Not asked: {NO_TEXT}.")
            elif line:
                self._ask(line)

    def _ask(self, text: str) -> None:
        options = self._options.copy()
        if self._before is not None:
            options["previous_response_id"] = self._before
        if self._images:
            options["images"] = self._images
        try:
            with self._gateway.ask(text, **options) as stream:
                try:
                    answer = watch(stream, self._gateway, as_json=False, cancels=True)
                finally:
                    self._before = stream.response_id or self._before
        except KeyboardInterrupt:
            return  # it was cancelled, and said so
        except WeaverError as error:
            notice(f"{in_options(error)}\n{advice(error)}")
            return
        except BrokenPipeError:
            raise  # nobody reads on
        except OSError as error:
            notice(unwritten(error))
            return
        self._images, self._answer = [], (answer, text)
        tell_ending(answer)

    def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        try:
            match name, rest.strip():
                case "/image", path if path:
                    self._images = [*self._images, *checked_pictures([Path(path)])]
                case "/save", path if path:
                    self._save(Path(path))
                case "/new", "":
                    self._before, self._images, self._answer = None, [], None
                case _:
                    notice(HELP)
        except OSError as error:
            error.filename = error.filename or rest.strip()  # a full disk names no file
            notice(unwritten(error))
        except typer.BadParameter as error:
            notice(error.message)
        except ValueError as error:
            notice(f"{rest.strip()}: {error}.")  # a name that no file can have

    def _save(self, path: Path) -> None:
        if self._answer is None:
            notice("There is no answer yet.")
            return
        try:
            write(self._answer[0], writable(path), self._answer[1])
            notice(f"Wrote {path}.")
        except NoPicture:
            notice("That answer has no picture.")


def _line() -> str | None:
    """The next line; None at the end of input, or on Ctrl-C."""
    try:
        return input("> " if sys.stdin.isatty() else "").strip()
    except (EOFError, KeyboardInterrupt):
        return None
