"""Reads a picture's scene back by comparing it with drawings: analysis by synthesis, no learned judge.

It knows the drawing, nothing of models. It first finds the place and sky whose drawing explains most of the picture, then where a
character stands, then improves one attribute after another until no change explains the picture better.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.character import BODY, COAT_COLOURS, draw_character
from training.drawing import SOFTNESS_PX, canvas_size, draw_surroundings, stands
from training.pen import OVERSAMPLING, Pen, Point
from training.scenery import Size, draw_thing, sky_gradient
from training.world import (
    ANIMALS,
    COLOURS,
    GARMENTS,
    MARKINGS,
    PLACES,
    POSES,
    POSITIONS,
    SIZES,
    SKIES,
    TAILS,
    THINGS,
    Identity,
    Scene,
)

TOLD: Final = ("animal", "garment", "colour", "pose", "position", "place", "sky", "thing")
HIDDEN: Final = ("coat", "shade", "marking", "tail")

_Pixels = NDArray[np.float32]
_CLIP: Final = 90.0
"""Differences above this, in levels, count no more: one wrong stroke must not outweigh a whole scene."""
_CHARACTER_BOX: Final = (64, 92)
_CHARACTER_FEET: Final = (32, 88)
_THING_BOX: Final = (36, 40)
_THING_FOOT: Final = (18, 37)
_REACH_PX: Final = 2
_COLOUR_SCALE: Final = 128.0
"""A difference of this length between two coats counts as another coat."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture shows, how sure that is (0 to 1 by attribute), and the coat's measured colour in levels."""

    scene: Scene
    confidence: dict[str, float]
    coat: tuple[float, float, float]


def read(picture: Image.Image) -> Reading:
    """Read a picture of one of the world's sizes.

    Raises:
        ValueError: the picture has another size.
    """
    if picture.size not in SIZES:
        raise ValueError(f"size must be one of {SIZES}, not {picture.size}")
    pixels = np.asarray(picture.convert("RGB"), np.float32)
    place, sky, sure_of_surroundings = _read_surroundings(pixels, picture.size)
    finder = _Finder(pixels, picture.size, place, sky)
    scene, feet, sure = max(
        (finder.improve(scene, feet) for scene, feet in finder.starts()),
        key=lambda found: finder.gain(*found[:2]),
    )
    thing, sure_of_thing = finder.thing(scene.position)
    scene = replace(scene, thing=thing, place=place, sky=sky)
    return Reading(scene, {**sure, **sure_of_surroundings, "thing": sure_of_thing}, finder.coat(scene, feet))


def identity_distance(a: Reading, b: Reading) -> float:
    """How different two characters' identities look: 0 for the same, 1 for another coat, marking and tail."""
    colour = float(np.linalg.norm(np.subtract(a.coat, b.coat))) / _COLOUR_SCALE
    one, other = a.scene.identity, b.scene.identity
    return 0.5 * min(1.0, colour) + 0.25 * (one.marking != other.marking) + 0.25 * (one.tail != other.tail)


def agreement(told: Scene, read: Scene) -> list[str]:
    """The attributes in which two scenes agree; a colour agrees wherever no garment is told."""
    names = [name for name in TOLD if getattr(told, name) == getattr(read, name)]
    if told.garment == "none" and "colour" not in names:
        names.append("colour")
    return names + [name for name in HIDDEN if getattr(told.identity, name) == getattr(read.identity, name)]


class _Finder:
    """Finds the character and the thing in one picture whose place and sky are known."""

    def __init__(self, pixels: _Pixels, size: Size, place: str, sky: str) -> None:
        self._pixels, self._size, self._place, self._sky = pixels, size, place, sky

    def starts(self) -> list[tuple[Scene, Point]]:
        """The best guess at every position, in a coat colour that shows there; only those that come near the best."""
        best = []
        for position in POSITIONS:
            feet = _rounded(stands(position, self._size)[0])
            guesses = []
            for pose in POSES:
                for coat, shade in self._coats(pose, feet):
                    identity = Identity(coat, shade, "plain", "short")
                    guesses += [self._scene(animal, pose, position, identity) for animal in ANIMALS]
            scene = max(guesses, key=lambda guess: self.gain(guess, feet))
            best.append((self.gain(scene, feet), scene, feet))
        top = max(gain for gain, _, _ in best)
        enough = top - 0.6 * abs(top)
        return [(scene, feet) for gain, scene, feet in best if gain >= enough]

    def improve(self, scene: Scene, feet: Point) -> tuple[Scene, Point, dict[str, float]]:
        """Change one attribute at a time for the better until nothing changes, three rounds at most."""
        sure: dict[str, float] = {}
        for _ in range(3):
            before = scene, feet
            feet = max(_around(stands(scene.position, self._size)[0]), key=lambda at: self.gain(scene, at))
            for changes in _changes(scene):
                gains = [self.gain(_changed(scene, change), feet) for change in changes]
                best = int(np.argmax(gains))
                sure.update(_certainty(gains, changes))
                scene = _changed(scene, changes[best])
            if (scene, feet) == before:
                break
        sure["position"] = sure["pose"]
        return scene, feet, sure

    def thing(self, position: str) -> tuple[str, float]:
        """The thing that explains best what stands at its place."""
        corners = [
            (x - _THING_FOOT[0], y - _THING_FOOT[1]) for x, y in _around(stands(position, self._size)[1])
        ]
        land = _surroundings(self._size, self._place, self._sky, position)
        gains = [
            max(_explained(self._pixels, land, _thing_sprite(thing), at) for at in corners)
            for thing in THINGS
        ]
        sure = _certainty(gains, [{"thing": thing} for thing in THINGS])
        return THINGS[int(np.argmax(gains))], sure["thing"]

    def coat(self, scene: Scene, feet: Point) -> tuple[float, float, float]:
        """The median colour where the drawing of `scene` shows bare coat."""
        sprite = _character_sprite(_bare(scene))
        identity = scene.identity
        bare = (np.abs(sprite[..., :3] - COAT_COLOURS[identity.coat, identity.shade]).max(-1) < 2) & (
            sprite[..., 3] > 0.99
        )
        window, part = _window(
            self._pixels, (feet[0] - _CHARACTER_FEET[0], feet[1] - _CHARACTER_FEET[1]), sprite.shape
        )
        shown = self._pixels[window][bare[part]]
        red, green, blue = (
            np.median(shown, axis=0) if len(shown) else COAT_COLOURS[identity.coat, identity.shade]
        )
        return float(red), float(green), float(blue)

    def _coats(self, pose: str, feet: Point) -> set[tuple[str, str]]:
        """The coats that come nearest to what forehead, cheeks and flanks show; a garment may hide one of them."""
        x, y = int(feet[0]), int(feet[1] + BODY[pose])
        found = set()
        for dx, dy in ((9, -53), (11, -37), (10, -13)):
            patches = [
                self._pixels[max(0, y + dy - 1) : y + dy + 2, x + side - 1 : x + side + 2]
                for side in (-dx, dx)
            ]
            colour = np.median(np.concatenate([patch.reshape(-1, 3) for patch in patches]), axis=0)
            found.add(
                min(
                    COAT_COLOURS,
                    key=lambda coat: float(np.abs(np.subtract(COAT_COLOURS[coat], colour)).sum()),
                )
            )
        return found

    def _scene(self, animal: str, pose: str, position: str, identity: Identity) -> Scene:
        return Scene(animal, "none", COLOURS[0], pose, position, self._place, self._sky, THINGS[0], identity)

    def gain(self, scene: Scene, feet: Point) -> float:
        """How much of the picture a character explains that the bare land leaves unexplained."""
        land = _surroundings(self._size, self._place, self._sky, scene.position)
        corner = feet[0] - _CHARACTER_FEET[0], feet[1] - _CHARACTER_FEET[1]
        return _explained(self._pixels, land, _character_sprite(_bare(scene)), corner)


def _read_surroundings(pixels: _Pixels, size: Size) -> tuple[str, str, dict[str, float]]:
    pairs = [(place, sky) for place in PLACES for sky in SKIES]
    fits = np.array([-_difference(pixels, _surroundings(size, place, sky, "middle")) for place, sky in pairs])
    place, sky = pairs[int(np.argmax(fits))]
    table = fits.reshape(len(PLACES), len(SKIES))
    sure = _certainty(list(table.max(1)), [{"place": name} for name in PLACES])
    return place, sky, {**sure, **_certainty(list(table.max(0)), [{"sky": name} for name in SKIES])}


def _changes(scene: Scene) -> list[list[dict[str, str]]]:
    worn = [{"garment": garment, "colour": colour} for garment in GARMENTS[1:] for colour in COLOURS]
    return [
        [{"coat": coat, "shade": shade} for coat, shade in COAT_COLOURS],
        [{"garment": "none", "colour": scene.colour}, *worn],
        [{"animal": animal} for animal in ANIMALS],
        [{"pose": pose} for pose in POSES],
        [{"marking": marking} for marking in MARKINGS],
        [{"tail": tail} for tail in TAILS],
    ]


def _changed(scene: Scene, change: dict[str, str]) -> Scene:
    hidden = {name: value for name, value in change.items() if name in HIDDEN}
    told = {name: value for name, value in change.items() if name not in HIDDEN}
    return replace(scene, identity=replace(scene.identity, **hidden), **told)


def _certainty(gains: Sequence[float], changes: Sequence[dict[str, str]]) -> dict[str, float]:
    """How much better the best choice explains the picture than the best with another value, 1 for very much."""
    best = int(np.argmax(gains))
    sure = {}
    for name, value in changes[best].items():
        rivals = [gain for gain, change in zip(gains, changes, strict=True) if change[name] != value]
        sure[name] = float(1 - np.exp(-(gains[best] - max(rivals)) / 500)) if rivals else 1.0
    return sure


def _explained(pixels: _Pixels, land: _Pixels, sprite: _Pixels, corner: Point) -> float:
    """How much of the picture's difference from the bare land a sprite at `corner` explains, in levels summed over pixels."""
    window, part = _window(pixels, corner, sprite.shape)
    shown, behind, front = pixels[window], land[window], sprite[part]
    drawn = (front[..., :3] + behind * (1 - front[..., 3:])).astype(np.float32)
    return _total(shown, behind) - _total(shown, drawn)


def _total(a: _Pixels, b: _Pixels) -> float:
    return float(np.minimum(np.abs(a - b), _CLIP).sum()) / 3


def _difference(a: _Pixels, b: _Pixels) -> float:
    return _total(a, b)


def _window(
    pixels: _Pixels, corner: Point, shape: tuple[int, ...]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part of the picture under a sprite, and the part of the sprite inside the picture."""
    left, top = int(corner[0]), int(corner[1])
    right, bottom = min(left + shape[1], pixels.shape[1]), min(top + shape[0], pixels.shape[0])
    x, y = max(0, left), max(0, top)
    return (slice(y, bottom), slice(x, right)), (slice(y - top, bottom - top), slice(x - left, right - left))


def _around(point: Point) -> list[Point]:
    x, y = _rounded(point)
    reach = range(-_REACH_PX, _REACH_PX + 1)
    return [(x + dx, y + dy) for dx in reach for dy in reach]


def _rounded(point: Point) -> Point:
    return float(round(point[0])), float(round(point[1]))


def _bare(scene: Scene) -> Scene:
    """The scene as far as the character's sprite depends on it, so that sprites are found again."""
    colour = COLOURS[0] if scene.garment == "none" else scene.colour
    return replace(
        scene, colour=colour, position=POSITIONS[0], place=PLACES[0], sky=SKIES[0], thing=THINGS[0]
    )


@lru_cache(maxsize=4000)
def _character_sprite(scene: Scene) -> _Pixels:
    canvas = Image.new("RGBA", canvas_size(_CHARACTER_BOX))
    draw_character(Pen(canvas, _CHARACTER_FEET), scene)
    return _sprite(canvas)


@cache
def _thing_sprite(thing: str) -> _Pixels:
    canvas = Image.new("RGBA", canvas_size(_THING_BOX))
    draw_thing(Pen(canvas, _THING_FOOT), thing)
    return _sprite(canvas)


def _sprite(canvas: Image.Image) -> _Pixels:
    """Scale a canvas down as `draw` does; premultiplied colour in levels, coverage 0 to 1."""
    size = canvas.width // OVERSAMPLING, canvas.height // OVERSAMPLING
    small = canvas.convert("RGBa").resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(small.filter(ImageFilter.GaussianBlur(SOFTNESS_PX)), np.float32).copy()
    pixels[..., 3] /= 255
    return pixels


@cache
def _surroundings(size: Size, place: str, sky: str, position: str) -> _Pixels:
    """The mean of a few drawings without character and thing."""
    scene = Scene(
        "fox",
        "none",
        "red",
        "standing",
        position,
        place,
        sky,
        "ball",
        Identity("orange", "light", "plain", "short"),
    )
    total = np.zeros((size[1], size[0], 3), np.float32)
    for seed in range(4):
        canvas = sky_gradient(size, sky)
        draw_surroundings(canvas, scene, size, random.Random(seed))
        small = canvas.resize(size, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(SOFTNESS_PX))
        total += np.asarray(small, np.float32)
    return (total / 4).astype(np.float32)
