"""A pen that draws flat shapes in picture pixels onto a larger canvas.

It knows shapes and colours, nothing of the world: what is drawn large and scaled down gets soft edges.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from PIL import Image, ImageDraw

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]

OVERSAMPLING: Final = 3


def blend(a: Colour, b: Colour, share: float) -> Colour:
    """Mix `share` of `b` into `a`; share is 0 to 1."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


class Pen:
    """Draws in picture pixels, x to the right and y down, from an origin that can move."""

    def __init__(self, canvas: Image.Image, origin: Point = (0.0, 0.0)) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._origin = origin

    def at(self, x: float, y: float) -> Pen:
        """A pen on the same canvas whose origin lies at (x, y) of this one."""
        moved = Pen.__new__(Pen)
        moved._draw = self._draw
        moved._origin = (self._origin[0] + x, self._origin[1] + y)
        return moved

    def ellipse(self, centre: Point, radii: Point, colour: Colour) -> None:
        """Fill an ellipse whose axes lie along the picture's."""
        (x, y), (rx, ry) = centre, radii
        self._draw.ellipse([self._to(x - rx, y - ry), self._to(x + rx, y + ry)], colour)

    def half_disc(self, centre: Point, radii: Point, colour: Colour) -> None:
        """Fill the upper half of an ellipse."""
        (x, y), (rx, ry) = centre, radii
        self._draw.pieslice([self._to(x - rx, y - ry), self._to(x + rx, y + ry)], 180, 360, colour)

    def polygon(self, points: list[Point], colour: Colour) -> None:
        """Fill the polygon through `points`."""
        self._draw.polygon([self._to(x, y) for x, y in points], colour)

    def box(self, corner: Point, opposite: Point, colour: Colour) -> None:
        """Fill a rectangle given by two opposite corners, upper left first."""
        self._draw.rectangle([self._to(*corner), self._to(*opposite)], colour)

    def stroke(self, points: list[Point], width: float, colour: Colour) -> None:
        """Draw a line of `width` through `points` with round ends and joints."""
        self._draw.line(
            [self._to(x, y) for x, y in points], colour, round(width * OVERSAMPLING), joint="curve"
        )
        for point in (points[0], points[-1]):
            self.ellipse(point, (width / 2, width / 2), colour)

    def _to(self, x: float, y: float) -> Point:
        return (self._origin[0] + x) * OVERSAMPLING, (self._origin[1] + y) * OVERSAMPLING
