"""Draws a scene of the storybook world as a small flat picture.

It knows where things stand in a picture and in which order they are drawn; `scenery` and `character` know how they look.
"""

from __future__ import annotations

import random
from typing import Final

from PIL import Image, ImageFilter

from training.character import draw_character
from training.pen import OVERSAMPLING, Pen, Point
from training.scenery import Scenery, Size, draw_thing, sky_gradient
from training.world import Scene

JITTER_PX: Final = 1.0
SOFTNESS_PX: Final = 0.5
"""Radius of the last blur: edges as soft as paint on paper, and easier for a small autoencoder."""
STAND_HEIGHT_PX: Final = 13
"""How far above the lower edge the ground lies on which character and thing stand."""
CHARACTER_SHARE: Final = {"left": 0.27, "middle": 0.5, "right": 0.73}
THING_SHARE: Final = {"left": 0.74, "middle": 0.84, "right": 0.26}
"""Where character and thing stand, as a share of the width, by the character's position."""


def draw(scene: Scene, size: Size, rng: random.Random) -> Image.Image:
    """Draw `scene` at `size` (width and height in px); small offsets come from `rng`, no attribute depends on them."""
    canvas = sky_gradient(size, scene.sky)
    draw_surroundings(canvas, scene, size, rng)
    pen = Pen(canvas)
    character, thing = stands(scene.position, size)
    draw_thing(pen.at(*_jitter(thing, rng)), scene.thing)
    draw_character(pen.at(*_jitter(character, rng)), scene)
    return canvas.resize(size, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(SOFTNESS_PX))


def draw_surroundings(canvas: Image.Image, scene: Scene, size: Size, rng: random.Random) -> None:
    """Draw everything but character and thing onto a canvas that shows the sky's gradient."""
    scenery = Scenery(canvas, size, scene.sky, rng)
    scenery.draw_sky()
    scenery.draw_place(scene.place)
    character, thing = stands(scene.position, size)
    scenery.shadow(character, 19, scene.place)
    scenery.shadow(thing, 12, scene.place)


def stands(position: str, size: Size) -> tuple[Point, Point]:
    """Where the character's and the thing's feet stand without jitter, in px."""
    width, height = size
    ground = float(height - STAND_HEIGHT_PX)
    return (width * CHARACTER_SHARE[position], ground), (width * THING_SHARE[position], ground + 3)


def canvas_size(size: Size) -> Size:
    """The size of the canvas on which a picture of `size` is drawn."""
    return size[0] * OVERSAMPLING, size[1] * OVERSAMPLING


def _jitter(point: Point, rng: random.Random) -> Point:
    return point[0] + rng.uniform(-JITTER_PX, JITTER_PX), point[1] + rng.uniform(-JITTER_PX, JITTER_PX)
