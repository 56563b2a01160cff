"""An answer as files: its pictures, and one self-contained page that shows them in their text.

It knows the response object of the public API.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import TypeAdapter

from deploy.local.plot import plot
from gateway.timeline import Timeline

TIMELINE: TypeAdapter[Timeline] = TypeAdapter(Timeline)
MOST_TITLE = 70


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of text."""

    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the answer; `data` is None if it did not come."""

    id: str
    description: str
    references: tuple[str, ...]
    seed: int | None
    width_px: int
    height_px: int
    format: str
    data: bytes | None = field(repr=False)
    kind: str = "picture"

    @property
    def data_url(self) -> str | None:
        """The picture inside a page."""
        return (
            f"data:image/{self.format};base64,{base64.b64encode(self.data).decode()}" if self.data else None
        )


Part = Passage | Picture


def parts(response: dict[str, Any]) -> list[Part]:
    """Text and pictures in the answer's order."""
    return [
        _picture(item) if item["type"] == "image_generation_call" else _passage(item)
        for item in response["output"]
    ]


def is_whole(response: dict[str, Any], pictures: int) -> bool:
    """Whether the answer is complete: text, at least so many pictures, and none of them lost."""
    found = parts(response)
    drawn = [part for part in found if isinstance(part, Picture)]
    has_text = any(isinstance(part, Passage) and part.text.strip() for part in found)
    all_drawn = all(part.data for part in drawn)
    return response["status"] == "completed" and has_text and len(drawn) >= pictures and all_drawn


def write(response: dict[str, Any], asked: str, directory: Path) -> None:
    """Write the pictures and `story.html` into `directory`."""
    story = parts(response)
    for part in story:
        if isinstance(part, Picture) and part.data:
            (directory / f"{part.id}.{part.format}").write_bytes(part.data)
    (directory / "story.html").write_text(_page(response, story, asked), encoding="utf-8")


def _page(response: dict[str, Any], story: list[Part], asked: str) -> str:
    times = TIMELINE.validate_python(response["timeline"])
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return templates.get_template("story.html.j2").render(
        title=_title(asked),
        asked=asked,
        model=response["model"],
        parts=story,
        plot=plot(times, [part.id for part in story if isinstance(part, Picture)]),
        efficiency=times.overlap_efficiency,
    )


def _title(asked: str) -> str:
    return asked if len(asked) <= MOST_TITLE else asked[:MOST_TITLE].rsplit(" ", 1)[0] + " …"


def _passage(item: dict[str, Any]) -> Passage:
    return Passage("".join(part["text"] for part in item["content"]))


def _picture(item: dict[str, Any]) -> Picture:
    return Picture(
        id=item["picture"],
        description=item["description"] or "",
        references=tuple(used["id"] for used in item["references"]),
        seed=item["seed"],
        width_px=item["width"] or 0,
        height_px=item["height"] or 0,
        format=item["output_format"],
        data=item["result"] and base64.b64decode(item["result"]),
    )
