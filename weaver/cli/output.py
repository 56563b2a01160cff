"""Two ways of showing an answer to people: on a terminal, where what is coming moves, and into a file or a pipe.

In both, what is settled is written once and in the answer's order.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Protocol, Self

import typer
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from weaver import Event, Picture
from weaver.cli.cells import cell_drawer
from weaver.cli.inline import InlinePicture, picture_encoder
from weaver.cli.jsonl import JsonWriter, SavePicture
from weaver.cli.progress import Item, PictureItem, ProgressView, TextItem
from weaver.export.story import clean

BAR_COLUMNS = 16
REFRESH_S = 1 / 8


class AnswerWriter(Protocol):
    """Writes an answer to stdout event by event; used as a context manager."""

    def write(self, event: Event) -> None:
        """Write what there is to write of one more event."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def writer_for(as_json: bool, save: SavePicture, answer_to_stdout: bool = False) -> AnswerWriter:
    """The writer for whoever reads stdout, or stderr if the answer itself goes to stdout; `save` puts a picture into a file."""
    if as_json:
        return JsonWriter(save)
    console = Console(highlight=False, stderr=answer_to_stdout)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveWriter(console, save)
    return SilentWriter() if answer_to_stdout else PlainWriter(save)


class SilentWriter:
    """Writes nothing: nobody watches, and the answer is written in the end."""

    def write(self, event: Event) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class PlainWriter:
    """Text and the files of pictures, nothing else."""

    def __init__(self, save: SavePicture) -> None:
        self._save, self._view = save, ProgressView()

    def write(self, event: Event) -> None:
        """Write what is settled with this event."""
        for item in self._view.add(event):
            typer.echo(f"{self._plain(item)}\n")

    def _plain(self, item: Item) -> str:
        match item:
            case TextItem(text=text):
                return clean(text).strip()
            case PictureItem(picture=Picture(data=bytes()) as picture):
                simulated = ", simulated" * picture.simulated
                return f"[{picture.id}{simulated}: {clean(picture.description)}]\n{self._save(picture)}"
            case PictureItem():
                return f"[{item.id} {_outcome(item)}: {clean(item.description)}]"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class LiveWriter:
    """Text as it comes, a line of progress for each picture, and pictures in their places where the terminal shows them.

    Left in the middle of an answer, it leaves what was shown standing.

    rich's own thread for what moves would draw over what is printed for good in the same moment, so one of ours takes turns with that.
    """

    def __init__(self, console: Console, save: SavePicture) -> None:
        self._console, self._save, self._view = console, save, ProgressView()
        self._encode = picture_encoder(os.environ)
        self._draw = None if self._encode else cell_drawer(console)
        self._waiting = Spinner("dots", "asking")
        self._live = Live(console=console, get_renderable=self._moving, auto_refresh=False, transient=True)
        self._drawing, self._is_over = threading.Lock(), threading.Event()
        self._refreshing = threading.Thread(target=self._refresh, daemon=True)

    def write(self, event: Event) -> None:
        """Show what is settled with this event for good."""
        with self._drawing:
            for item in self._view.add(event):
                self._show(item)

    def _refresh(self) -> None:
        while not self._is_over.wait(REFRESH_S):
            with self._drawing:
                self._live.refresh()

    def _moving(self) -> RenderableType:
        pending = self._view.pending
        return Tail(Group(*map(_coming, pending)) if pending else self._waiting)

    def _show(self, item: Item) -> None:
        match item:
            case TextItem(text=text):
                self._console.print(_paragraph(text))
            case PictureItem(picture=Picture(data=bytes()) as picture):
                self._show_picture(picture, _line(item, "▣", "green"))
            case PictureItem():
                lost = _line(item, "▢", "red").append(f"  {_outcome(item)}", style="red")
                self._console.print(Padding(lost, (0, 0, 1, 2)))

    def _show_picture(self, picture: Picture, caption: Text) -> None:
        if self._encode is not None and picture.format == "png":
            self._console.print(InlinePicture(picture, self._encode))
            self._console.print(Padding(caption, (0, 0, 1, 2)))
        else:
            if self._draw is not None and (cells := self._draw(picture)) is not None:
                self._console.print(cells)
            self._console.print(Padding(caption, (0, 0, 0, 2)))
            # Wrapped by the terminal, not by rich, so that it can be copied whole.
            self._console.print(Text(f"  {self._save(picture)}\n", style="dim"), soft_wrap=True)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        self._refreshing.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._refreshing.join()
        self._live.stop()
        for item in self._view.pending if error[0] else ():
            self._show(item)


class Tail:
    """The last lines of something, as many as the terminal has room for, so that it can be drawn over."""

    def __init__(self, content: RenderableType) -> None:
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """The lines."""
        lines = console.render_lines(self._content, options, pad=False)
        for line in lines[-max(1, console.height - 1) :]:
            yield from line
            yield Segment.line()


def _coming(item: Item) -> RenderableType:
    match item:
        case TextItem(text=text):
            return _paragraph(text)
        case PictureItem(picture=None):
            table = Table.grid(padding=(0, 1))
            bar = [ProgressBar(item.of, item.step, width=BAR_COLUMNS)] if item.of else []
            state = f"step {item.step} of {item.of}" if item.of else item.state
            table.add_row(_line(item, "◌", "yellow"), *bar, Text(state, style="yellow"))
            return Padding(table, (0, 0, 1, 2))
        case PictureItem():
            return Padding(_line(item, "▣", "green"), (0, 0, 1, 2))


def _paragraph(text: str) -> RenderableType:
    return Padding(Text(clean(text).strip()), (0, 0, 1, 0))


def _line(item: PictureItem, sign: str, style: str) -> Text:
    simulated = "simulated, " * bool(item.picture and item.picture.simulated)
    return Text.assemble((f"{sign} {item.id} {simulated}", style), (clean(item.description), "italic"))


def _outcome(item: PictureItem) -> str:
    failure = item.picture and item.picture.failure
    return clean(failure.message) if failure else "was not drawn"
