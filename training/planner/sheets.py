"""Sheets on which a person can look at an evaluation: requests, and their answers' descriptions drawn as the world would draw them.

The pictures come from the reference drawing, not from the visualizer: a sheet judges the planner alone.
"""

from __future__ import annotations

import random
import textwrap
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from training import world
from training.drawing import draw
from training.planner.document import MOST_PICTURES, Document
from training.planner.language import Slot, parse, told

Row = tuple[Document, str, float]
SHOWN: Final = 12
"""Answers on a sheet: the worst first."""
PICTURE_PX: Final = 96
TEXT_PX: Final = 330
LINE_PX: Final = 12
LOOK: Final = world.Identity("orange", "light", "belly", "long")


def write_sheet(path: Path, title: str, rows: list[Row]) -> None:
    """Draw the answers with the lowest shares, then others, one in a line: request, share, pictures; texts go to a file beside it."""
    chosen = sorted(rows, key=lambda row: row[2])[:SHOWN]
    height = PICTURE_PX + 8
    sheet = Image.new(
        "RGB", (TEXT_PX + MOST_PICTURES * (PICTURE_PX + 4), LINE_PX * 2 + height * len(chosen)), "white"
    )
    pen = ImageDraw.Draw(sheet)
    pen.text(
        (4, 4),
        f"{title}: {sum(row[2] for row in rows) / len(rows):.3f} of {len(rows)} answers; the worst first",
        "black",
    )
    for index, (document, answer, share) in enumerate(chosen):
        top = LINE_PX * 2 + index * height
        _write_request(pen, top, document, share)
        for column, slot in enumerate(_slots(answer)[:MOST_PICTURES]):
            sheet.paste(_picture(slot), (TEXT_PX + column * (PICTURE_PX + 4), top))
    sheet.save(path)
    _write_texts(path.with_suffix(".md"), title, chosen)


def _write_request(pen: ImageDraw.ImageDraw, top: int, document: Document, share: float) -> None:
    request = document.turns[-2].text.encode("latin-1", "replace").decode("latin-1")
    lines = [f"{share:.2f}", *textwrap.wrap(request, width=52)]
    for number, line in enumerate(lines[: PICTURE_PX // LINE_PX]):
        pen.text((4, top + number * LINE_PX), line, "black" if share == 1 else "red")


def _picture(slot: Slot) -> Image.Image:
    attributes = {"garment": "none", "colour": world.COLOURS[0]} | told(slot.description)
    try:
        scene = world.Scene(**attributes, identity=LOOK)
    except TypeError:  # the description leaves an attribute out
        return Image.new("RGB", (PICTURE_PX, PICTURE_PX), "lightgrey")
    picture = draw(scene, slot.size or world.SIZES[0], random.Random(0))
    picture.thumbnail((PICTURE_PX, PICTURE_PX))
    return picture


def _slots(answer: str) -> list[Slot]:
    try:
        return [part for part in parse(answer) if isinstance(part, Slot)]
    except ValueError:
        return []


def _write_texts(path: Path, title: str, rows: list[Row]) -> None:
    parts = [f"# {title}\n"]
    for document, answer, share in rows:
        chat = "\n\n".join(f"**{turn.role}:** {turn.text}" for turn in document.turns[:-1])
        parts.append(f"## {share:.2f}\n\n{chat}\n\n**answer:** {answer}\n\n`{document.wish}`\n")
    path.write_text("\n".join(parts), encoding="utf-8")
