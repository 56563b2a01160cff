"""Draws the images that go with a request: shapes listed in `data/drawings.yaml`, or a scene of the storybook world.

All are made here, so nobody's licence stands in the way.
"""

from __future__ import annotations

import io
import random
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from PIL import Image, ImageDraw

from bench.answers.cases.case import Input, Turn
from bench.answers.systems.system import Asked, SentImage
from training.drawing import draw
from training.world import SIZES, Identity, Scene, describe

SIDE_PX: Final = 512
_OVERSAMPLING: Final = 2
_DRAWINGS: Final = Path(__file__).parent / "data" / "drawings.yaml"
_IDENTITY: Final = Identity("orange", "light", "belly", "long")


def asked(turn: Turn) -> Asked:
    """A turn as it is sent."""
    return Asked(turn.ask, tuple(sent(image) for image in turn.images))


@cache
def names() -> tuple[str, ...]:
    """The drawings there are."""
    return tuple(_drawings())


def sent(image: Input) -> SentImage:
    """An image and what it shows in words.

    Raises:
        KeyError: there is no such drawing, or the scene lacks an attribute.
    """
    if image.scene is not None:
        scene = scene_of(image)
        picture = draw(scene, SIZES[0], random.Random(0))
        return SentImage(_png(picture), describe(scene, random.Random(0)))
    drawing = _drawings()[image.drawing or ""]
    return SentImage(_png(_drawn(drawing["shapes"])), drawing["shows"])


def scene_of(image: Input) -> Scene:
    """A scene by its attributes; coat, shade, marking and tail, which no description tells, may be left out."""
    told = dict(image.scene or {})
    hidden = {name: told.pop(name, getattr(_IDENTITY, name)) for name in ("coat", "shade", "marking", "tail")}
    names = ("animal", "garment", "colour", "pose", "position", "place", "sky", "thing")
    return Scene(**{name: told[name] for name in names}, identity=Identity(**hidden))


@cache
def _drawings() -> dict[str, Any]:
    return yaml.safe_load(_DRAWINGS.read_text(encoding="utf-8"))


def _drawn(shapes: list[list[Any]]) -> Image.Image:
    """Shapes one over the other. A shape is its kind, its coordinates in pixels and its colour; of a `line`, the width follows."""
    side = SIDE_PX * _OVERSAMPLING
    canvas = Image.new("RGB", (side, side), "#f7f4ec")
    pen = ImageDraw.Draw(canvas)
    for kind, points, colour, *width in shapes:
        at = [value * _OVERSAMPLING for value in points]
        match kind:
            case "ellipse":
                pen.ellipse(at, fill=colour)
            case "box":
                pen.rounded_rectangle(at, radius=8 * _OVERSAMPLING, fill=colour)
            case "polygon":
                pen.polygon(at, fill=colour)
            case "line":
                pen.line(at, fill=colour, width=width[0] * _OVERSAMPLING, joint="curve")
            case _:
                raise KeyError(kind)
    return canvas.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
