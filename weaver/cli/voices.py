"""Two ways of telling an answer to people: on a terminal, where what is coming moves, and into a file or a pipe.

In both, what is settled is written once and in the answer's order.
"""

from __future__ import annotations

import os
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
from weaver.cli.inline import Inline, spelling
from weaver.cli.jsonl import JsonVoice, Keep
from weaver.cli.telling import Drawing, Item, Passage, Telling
from weaver.export.story import clean

BAR_COLUMNS = 16


class Voice(Protocol):
    """Tells the events of an answer; used as a context manager."""

    def hear(self, event: Event) -> None:
        """Tell one event."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def voice(as_json: bool, keep: Keep) -> Voice:
    """The one for whoever reads stdout; `keep` puts a picture into a file."""
    console = Console(highlight=False)
    if as_json:
        return JsonVoice(keep)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveVoice(console, keep)
    return PlainVoice(keep)


class PlainVoice:
    """Text and the files of pictures, nothing else."""

    def __init__(self, keep: Keep) -> None:
        self._keep, self._telling = keep, Telling()

    def hear(self, event: Event) -> None:
        """Write what is settled with this event."""
        for item in self._telling.hear(event):
            typer.echo(f"{self._told(item)}\n")

    def _told(self, item: Item) -> str:
        match item:
            case Passage(text=text):
                return clean(text).strip()
            case Drawing(picture=Picture(data=bytes()) as picture):
                simulated = ", simulated" * picture.simulated
                return f"[{picture.id}{simulated}: {clean(picture.description)}]\n{self._keep(picture)}"
            case Drawing():
                return f"[{item.id} {_outcome(item)}: {clean(item.description)}]"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class LiveVoice:
    """Text as it comes, a line of progress for each picture, and pictures in their places where the terminal shows them."""

    def __init__(self, console: Console, keep: Keep) -> None:
        self._console, self._keep, self._telling = console, keep, Telling()
        self._spell = spelling(os.environ)
        self._waiting = Spinner("dots", "asking")
        self._live = Live(console=console, get_renderable=self._moving, refresh_per_second=8, transient=True)

    def hear(self, event: Event) -> None:
        """Show what is settled with this event for good."""
        for item in self._telling.hear(event):
            self._show(item)

    def _moving(self) -> RenderableType:
        pending = self._telling.pending
        return Tail(Group(*map(_coming, pending)) if pending else self._waiting)

    def _show(self, item: Item) -> None:
        match item:
            case Passage(text=text):
                self._console.print(_paragraph(text))
            case Drawing(picture=Picture(data=bytes()) as picture):
                self._show_picture(picture, _line(item, "▣", "green"))
            case Drawing():
                lost = _line(item, "▢", "red").append(f"  {_outcome(item)}", style="red")
                self._console.print(Padding(lost, (0, 0, 1, 2)))

    def _show_picture(self, picture: Picture, caption: Text) -> None:
        if self._spell is not None and picture.format == "png":
            self._console.print(Inline(picture, self._spell))
            self._console.print(Padding(caption, (0, 0, 1, 2)))
        else:
            self._console.print(Padding(caption, (0, 0, 0, 2)))
            # Wrapped by the terminal, not by rich, so that it can be copied whole.
            self._console.print(Text(f"  {self._keep(picture)}\n", style="dim"), soft_wrap=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


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
        case Passage(text=text):
            return _paragraph(text)
        case Drawing(picture=None):
            table = Table.grid(padding=(0, 1))
            bar = [ProgressBar(item.of, item.step, width=BAR_COLUMNS)] if item.of else []
            state = f"step {item.step} of {item.of}" if item.of else item.state
            table.add_row(_line(item, "◌", "yellow"), *bar, Text(state, style="yellow"))
            return Padding(table, (0, 0, 1, 2))
        case Drawing():
            return Padding(_line(item, "▣", "green"), (0, 0, 1, 2))


def _paragraph(text: str) -> RenderableType:
    return Padding(Text(clean(text).strip()), (0, 0, 1, 0))


def _line(drawing: Drawing, sign: str, style: str) -> Text:
    simulated = "simulated, " * bool(drawing.picture and drawing.picture.simulated)
    return Text.assemble((f"{sign} {drawing.id} {simulated}", style), (clean(drawing.description), "italic"))


def _outcome(drawing: Drawing) -> str:
    failure = drawing.picture and drawing.picture.failure
    return clean(failure.message) if failure else "did not come"
