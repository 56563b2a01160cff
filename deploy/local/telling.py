"""A story as it arrives, for the terminal: the text so far, and for each picture what it is waiting for.

It knows the public API's events and nothing of how they travel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text


@dataclass(slots=True)
class _Picture:
    description: str = ""
    state: str = "being described"


class Telling:
    """The items of one answer in order; give it to `rich.live.Live`."""

    def __init__(self) -> None:
        self._items: dict[int, _Picture | list[str]] = {}

    def hear(self, event: dict[str, Any]) -> None:
        """Take in one event of the stream."""
        match event:
            case {"type": "response.output_item.added", "output_index": index, "item": {"type": "message"}}:
                self._items[index] = []
            case {"type": "response.output_item.added", "output_index": index}:
                self._items[index] = _Picture()
            case {"type": "response.output_text.delta", "output_index": index, "delta": delta}:
                passage = self._items[index]
                assert isinstance(passage, list)
                passage.append(delta)
            case {"type": "weaver.picture.described", "output_index": index, "description": description}:
                self._picture(index).description = description
            case {"type": "weaver.picture.queued", "output_index": index}:
                self._picture(index).state = "waiting for a visualizer"
            case {"type": "response.image_generation_call.generating", "output_index": index}:
                self._picture(index).state = "drawing"
            case {"type": "weaver.picture.progress", "output_index": index, "step": step, "of": of}:
                self._picture(index).state = f"drawing, step {step} of {of}"
            case {
                "type": "response.output_item.done",
                "output_index": index,
                "item": {"type": "image_generation_call", "status": status},
            }:
                self._picture(index).state = status
            case _:
                return

    def _picture(self, index: int) -> _Picture:
        picture = self._items[index]
        assert isinstance(picture, _Picture)
        return picture

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The answer so far."""
        for item in self._items.values():
            match item:
                case _Picture():
                    yield Padding(_card(item), (0, 0, 1, 2))
                case _:
                    yield Padding(Text("".join(item)), (0, 0, 1, 0))


def _card(picture: _Picture) -> Text:
    style = {"completed": "green", "failed": "red"}.get(picture.state, "yellow")
    sign = {"completed": "▣", "failed": "▢"}.get(picture.state, "◌")
    card = Text(f"{sign} ", style=style)
    if picture.description:
        card.append(picture.description, style="italic")
    return card.append(f"  {picture.state}", style=style)
