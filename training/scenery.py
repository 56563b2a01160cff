"""Draws what surrounds a character: sky, place and the thing beside it.

It knows nothing of characters. Hills, trees and clouds move a little from picture to picture; no attribute depends on how.
"""

from __future__ import annotations

import random
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from training.pen import OVERSAMPLING, Colour, Pen, Point, blend

Size: TypeAlias = tuple[int, int]

WHITE: Final = (255, 252, 246)
BARK: Final = (122, 82, 52)
LAND_HEIGHT_PX: Final = 39
SKY_COLOURS: Final[dict[str, tuple[Colour, Colour]]] = {
    "day": (((104, 182, 246)), (206, 236, 252)),
    "sunset": ((206, 104, 150), (255, 196, 116)),
    "night": ((24, 28, 82), (72, 84, 156)),
    "rain": ((112, 124, 140), (176, 186, 196)),
}
LIGHT: Final[dict[str, tuple[float, float, float]]] = {
    "day": (1.0, 1.0, 1.0),
    "sunset": (1.0, 0.8, 0.7),
    "night": (0.46, 0.5, 0.78),
    "rain": (0.72, 0.76, 0.8),
}
GROUND: Final[dict[str, Colour]] = {
    "forest": (92, 138, 66),
    "beach": (244, 220, 158),
    "meadow": (132, 202, 88),
    "mountains": (150, 160, 142),
    "village": (206, 184, 156),
    "desert": (236, 176, 96),
}


class Scenery:
    """One picture's surroundings: a pen, its size, its light and its own small randomness."""

    def __init__(self, canvas: Image.Image, size: Size, sky: str, rng: random.Random) -> None:
        self.width, self.height = size
        self.horizon = self.height - LAND_HEIGHT_PX
        self._pen, self._sky, self._rng = Pen(canvas), sky, rng

    def draw_sky(self) -> None:
        """Draw sun, moon, stars, clouds or rain upon a sky that is already coloured."""
        rng, pen, width = self._rng, self._pen, self.width
        match self._sky:
            case "day":
                pen.ellipse((self._near(width - 20, 3), self._near(20, 2)), (10, 10), (255, 226, 92))
                self._clouds(WHITE, (0.16, 0.6))
            case "sunset":
                pen.ellipse((self._near(width * 0.62, 4), self.horizon - 8), (17, 17), (255, 236, 150))
                self._clouds((240, 150, 150), (0.2, 0.75))
            case "night":
                x, y = self._near(width - 20, 3), self._near(20, 2)
                pen.ellipse((x, y), (9, 9), (255, 246, 204))
                pen.ellipse((x - 4.5, y - 2), (7.5, 7.5), blend(*SKY_COLOURS["night"], y / self.height))
                for column in range(5):
                    star = (
                        width * (column + 0.5) / 5.6 + rng.uniform(-2, 2),
                        (12, 27)[column % 2] + rng.uniform(-2, 2),
                    )
                    pen.ellipse(star, (1.5, 1.5), (255, 250, 220))
            case _:
                self._clouds((92, 100, 114), (0.1, 0.48, 0.86))
                for column in range(7):
                    x, y = (
                        width * (column + 0.5) / 7 + rng.uniform(-1, 1),
                        30 + 18 * (column % 2) + rng.uniform(-2, 2),
                    )
                    pen.stroke([(x, y), (x - 2, y + 7)], 2, (206, 226, 244))

    def draw_place(self, place: str) -> None:
        """Draw the land and what stands on it."""
        match place:
            case "forest":
                self._forest()
            case "beach":
                self._beach()
            case "meadow":
                self._meadow()
            case "mountains":
                self._mountains()
            case "village":
                self._village()
            case _:
                self._desert()

    def shadow(self, centre: Point, radius: float, place: str) -> None:
        """Draw the soft shadow under something that stands, or jumps, on the land."""
        self._pen.ellipse(centre, (radius, 3.2), self._lit(blend(GROUND[place], (40, 40, 60), 0.3)))

    def _near(self, value: float, spread: float) -> float:
        return value + self._rng.uniform(-spread, spread) / 2

    def _lit(self, colour: Colour) -> Colour:
        red, green, blue = (round(c * light) for c, light in zip(colour, LIGHT[self._sky], strict=True))
        return red, green, blue

    def _clouds(self, colour: Colour, shares: tuple[float, ...]) -> None:
        for index, share in enumerate(shares):
            x, y = self._near(self.width * share, 5), self._near(15 + 9 * (index % 2), 3)
            self._pen.ellipse((x, y), (13, 5.5), colour)
            self._pen.ellipse((x - 3, y - 4), (7, 5.5), colour)

    def _land(self, place: str) -> None:
        self._pen.box((0, self.horizon), (self.width, self.height), self._lit(GROUND[place]))

    def _forest(self) -> None:
        pen = self._pen
        self._land("forest")
        count = self.width // 21
        for row, colour in ((0, (38, 92, 62)), (1, (56, 124, 66))):
            for column in range(count + row):
                x = self._near(self.width * (column + 0.5 - row * 0.5) / count, 3)
                top, foot = self.horizon - self._near(54 - 18 * row, 4), self.horizon + 3 + 3 * row
                pen.box((x - 2, foot - 12), (x + 2, foot), self._lit(BARK))
                pen.polygon([(x - 12, foot - 8), (x, top), (x + 12, foot - 8)], self._lit(colour))

    def _beach(self) -> None:
        pen, shore = self._pen, self.horizon + 4
        pen.box((0, shore - 26), (self.width, shore), self._lit((46, 146, 206)))
        self._pen.box((0, shore), (self.width, self.height), self._lit(GROUND["beach"]))
        for column in range(6):
            pen.ellipse(
                (self.width * (column + 0.5) / 6 + self._near(0, 2), shore), (13, 2.6), self._lit(WHITE)
            )
        x, crown = self._near(self.width * 0.1, 3), shore - 46
        pen.stroke([(x - 3, shore + 10), (x, shore - 18), (x + 5, crown)], 4.5, self._lit(BARK))
        for tip in ((-15, 4), (-12, -10), (4, -14), (18, -6), (19, 7)):
            leaf: list[Point] = [(x + 5, crown - 3), (x + 5 + tip[0], crown + tip[1]), (x + 5, crown + 3)]
            pen.polygon(leaf, self._lit((50, 156, 78)))
            pen.stroke(
                [(x + 5, crown), (x + 5 + tip[0] * 0.8, crown + tip[1] * 0.8)], 4, self._lit((50, 156, 78))
            )

    def _meadow(self) -> None:
        pen = self._pen
        for share, height, colour in ((0.2, 22, (170, 220, 120)), (0.85, 26, (150, 212, 106))):
            pen.ellipse(
                (self._near(self.width * share, 6), self.horizon + 12),
                (self.width * 0.5, 12 + height),
                self._lit(colour),
            )
        self._land("meadow")
        for column in range(8):
            x, y = self._near(self.width * (column + 0.5) / 8, 2), self.horizon + 7 + 22 * (column % 2)
            pen.ellipse(
                (x, y + self._near(0, 2)), (2.4, 2.4), self._lit((WHITE, (255, 224, 90))[column // 2 % 2])
            )

    def _mountains(self) -> None:
        pen = self._pen
        for share, height, half in ((0.16, 46, 34), (0.88, 52, 38), (0.5, 60, 42)):
            x, top = self._near(self.width * share, 4), self.horizon - self._near(height, 3)
            slope = half / (self.horizon - top)
            pen.polygon(
                [(x - half, self.horizon), (x, top), (x + half, self.horizon)], self._lit((128, 122, 158))
            )
            cap = 17 * slope
            snow: list[Point] = [
                (x, top),
                (x + cap, top + 17),
                (x + cap / 3, top + 13),
                (x - cap / 4, top + 18),
                (x - cap, top + 17),
            ]
            pen.polygon(snow, self._lit(WHITE))
        self._land("mountains")
        for share in (0.08, 0.55, 0.93):
            pen.half_disc(
                (self._near(self.width * share, 4), self.horizon + 8), (8, 6), self._lit((118, 122, 120))
            )

    def _village(self) -> None:
        pen = self._pen
        self._land("village")
        count = self.width // 31
        for column in range(count):
            x, top = self._near(self.width * (column + 0.5) / count, 2), self.horizon - self._near(22, 3)
            wall, roof = (((250, 226, 190), (206, 84, 66)), ((226, 206, 222), (112, 92, 150)))[column % 2]
            pen.box((x - 12, top), (x + 12, self.horizon + 3), self._lit(wall))
            pen.polygon([(x - 15, top), (x, top - 17), (x + 15, top)], self._lit(roof))
            for window in (-6, 6):
                pen.box((x + window - 2.8, top + 5), (x + window + 2.8, top + 12), (255, 222, 110))

    def _desert(self) -> None:
        pen = self._pen
        x = self._near(self.width * 0.72, 4)
        pen.polygon(
            [(x - 36, self.horizon + 2), (x, self.horizon - 40), (x + 36, self.horizon + 2)],
            self._lit((214, 146, 78)),
        )
        pen.polygon(
            [(x, self.horizon - 40), (x + 36, self.horizon + 2), (x + 10, self.horizon + 2)],
            self._lit((184, 116, 62)),
        )
        pen.ellipse(
            (self._near(self.width * 0.2, 5), self.horizon + 10),
            (self.width * 0.45, 24),
            self._lit((246, 198, 122)),
        )
        self._land("desert")
        for share in (0.1, 0.94):
            x, foot = self._near(self.width * share, 2), self.horizon + 6
            cactus = self._lit((72, 144, 84))
            pen.stroke([(x, foot), (x, foot - 26)], 6, cactus)
            pen.stroke([(x - 8, foot - 20), (x - 8, foot - 13), (x, foot - 11)], 4, cactus)
            pen.stroke([(x + 8, foot - 22), (x + 8, foot - 15), (x, foot - 13)], 4, cactus)


def sky_gradient(size: Size, sky: str) -> Image.Image:
    """A canvas of `size` times the oversampling, coloured from the sky's top to its bottom."""
    width, height = size
    top, bottom = np.array(SKY_COLOURS[sky], np.float64)
    rows = np.linspace(top, bottom, height * OVERSAMPLING)
    column = Image.fromarray(rows.round().astype(np.uint8)[:, None, :])
    return column.resize((width * OVERSAMPLING, height * OVERSAMPLING), Image.Resampling.NEAREST)


def draw_thing(pen: Pen, thing: str) -> None:
    """Draw a thing about 26 px wide and high, its foot at the pen's origin."""
    match thing:
        case "ball":
            pen.ellipse((0, -11), (11, 11), (250, 92, 150))
            pen.ellipse((0, -11), (5, 11), WHITE)
            pen.ellipse((0, -11), (1.8, 11), (80, 200, 220))
        case "kite":
            pen.stroke([(0, -8), (-3, -4), (2, 0)], 1.6, WHITE)
            pen.polygon([(0, -34), (11, -22), (0, -6), (-11, -22)], (255, 140, 40))
            pen.polygon([(0, -34), (11, -22), (0, -22)], (40, 196, 216))
            pen.polygon([(0, -6), (-11, -22), (0, -22)], (40, 196, 216))
        case "lantern":
            pen.stroke([(-5, -24), (0, -29), (5, -24)], 2, (60, 50, 60))
            pen.box((-8, -22), (8, -2), (255, 216, 90))
            pen.ellipse((0, -11), (4.5, 6), (255, 250, 214))
            pen.box((-10, -25), (10, -21), (60, 50, 60))
            pen.box((-10, -4), (10, 0), (60, 50, 60))
        case "boat":
            pen.polygon([(-14, -10), (14, -10), (8, 0), (-8, 0)], (150, 70, 40))
            pen.box((-1, -32), (1, -10), (90, 50, 40))
            pen.polygon([(2, -32), (2, -12), (14, -12)], WHITE)
            pen.polygon([(-2, -28), (-2, -12), (-11, -12)], (236, 226, 210))
        case "flower":
            pen.stroke([(0, -16), (0, 0)], 3, (40, 140, 60))
            pen.ellipse((6, -4), (6, 3), (40, 140, 60))
            for x, y in ((0, -27), (7, -22), (4.4, -14), (-4.4, -14), (-7, -22)):
                pen.ellipse((x, y), (5, 5), (236, 60, 120))
            pen.ellipse((0, -20), (4.6, 4.6), (255, 220, 70))
        case _:
            pen.stroke([(0, -28), (0, -3), (4, -1), (7, -4)], 2, (70, 60, 80))
            pen.half_disc((0, -15), (15, 16), (130, 60, 190))
            pen.half_disc((0, -15), (5, 16), (250, 210, 80))
