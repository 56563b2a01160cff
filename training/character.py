"""Draws one character: animal, garment, pose and identity, standing on the pen's origin.

It knows nothing of places and skies; a character is about 60 px high, drawn the same in every scene.
"""

from __future__ import annotations

import math
from typing import Final

from training.pen import Colour, Pen, Point, blend
from training.world import Identity, Scene

WHITE: Final = (255, 252, 246)
INK: Final = (38, 30, 44)
ROSE: Final = (246, 150, 160)
GOLD: Final = (255, 205, 60)
GARMENT_COLOURS: Final[dict[str, Colour]] = {
    "red": (218, 38, 46),
    "blue": (44, 92, 224),
    "green": (30, 158, 70),
    "yellow": (252, 214, 44),
}
COAT_COLOURS: Final[dict[tuple[str, str], Colour]] = {
    ("orange", "light"): (250, 158, 76),
    ("orange", "dark"): (212, 96, 24),
    ("brown", "light"): (174, 122, 84),
    ("brown", "dark"): (108, 66, 40),
    ("grey", "light"): (200, 204, 212),
    ("grey", "dark"): (136, 142, 152),
    ("cream", "light"): (254, 238, 206),
    ("cream", "dark"): (226, 196, 142),
    ("violet", "light"): (184, 146, 230),
    ("violet", "dark"): (120, 76, 178),
    ("teal", "light"): (104, 208, 196),
    ("teal", "dark"): (30, 134, 134),
    ("pink", "light"): (252, 178, 200),
    ("pink", "dark"): (222, 104, 148),
    ("black", "light"): (86, 84, 100),
    ("black", "dark"): (42, 38, 52),
}
BODY: Final[dict[str, float]] = {"standing": 0.0, "sitting": 9.0, "jumping": -10.0}
"""How far the body sits below its standing height, in px."""


def coat_colour(identity: Identity) -> Colour:
    """The colour of most of the coat."""
    return COAT_COLOURS[identity.coat, identity.shade]


def mark_colour(identity: Identity) -> Colour:
    """The colour of spots and stripes: darker than the coat, or lighter where the coat is dark."""
    coat = coat_colour(identity)
    return blend(coat, WHITE, 0.55) if sum(coat) < 330 else blend(coat, (60, 34, 30), 0.62)


def draw_character(pen: Pen, scene: Scene) -> None:
    """Draw the character of `scene`, its feet at the pen's origin (above it where it jumps)."""
    body = pen.at(0, BODY[scene.pose])
    garment = None if scene.garment == "none" else GARMENT_COLOURS[scene.colour]
    if scene.garment == "cape" and garment:
        _cape(body, garment, scene.pose)
    _tail(body, scene.identity)
    _feet(pen, scene, garment if scene.garment == "boots" else None)
    _body(body, scene)
    _ears(body, scene)
    _head(body, scene)
    if garment:
        _garment(body, scene.garment, garment)


def _cape(pen: Pen, colour: Colour, pose: str) -> None:
    hem = -9 if pose == "sitting" else -3
    pen.polygon(
        [(-12, -35), (12, -35), (29, hem), (15, hem + 3), (0, hem), (-15, hem + 3), (-29, hem)], colour
    )


def _tail(pen: Pen, identity: Identity) -> None:
    coat = blend(coat_colour(identity), INK, 0.16)
    if identity.tail == "short":
        pen.ellipse((15, -12), (6, 6), coat)
        return
    pen.stroke([(9, -8), (17, -9), (23, -15), (25, -24), (24, -34)], 7.5, coat)
    pen.ellipse((24, -35), (4.8, 5.6), blend(coat, WHITE, 0.75))


def _feet(pen: Pen, scene: Scene, boots: Colour | None) -> None:
    coat = coat_colour(scene.identity)
    reach, height = {"standing": (7, 0.0), "sitting": (15, 0.0), "jumping": (13, -10.0)}[scene.pose]
    for side in (-1, 1):
        foot = pen.at(side * reach, height)
        if scene.pose == "jumping":
            foot.stroke([(side * -6, -10), (0, -5)], 7, coat)
        if boots:
            foot.box((-5, -13), (5, -5), boots)
            foot.ellipse((side * 1.5, -4.5), (8, 5), boots)
            foot.box((-5.6, -14.5), (5.6, -11.5), blend(boots, WHITE, 0.5))
        else:
            foot.ellipse((side, -4), (6.5, 4.5), blend(coat, INK, 0.12))


def _body(pen: Pen, scene: Scene) -> None:
    coat = coat_colour(scene.identity)
    pen.ellipse((0, -18), (13, 15.5), coat)
    _marking(pen, scene.identity)
    limb = blend(coat, INK, 0.12)
    hand: Point = {"standing": (16, -15), "sitting": (15, -13), "jumping": (21, -36)}[scene.pose]
    for side in (-1, 1):
        width = 9 if scene.animal == "owl" else 6.5
        pen.stroke([(side * 10.5, -26), (side * hand[0], hand[1])], width, limb)


def _marking(pen: Pen, identity: Identity) -> None:
    mark = mark_colour(identity)
    match identity.marking:
        case "belly":
            pen.ellipse((0, -16), (8.5, 11.5), blend(coat_colour(identity), WHITE, 0.8))
        case "spots":
            for x, y in ((-6, -23), (4.5, -24), (-1, -15.5), (7, -13), (-7, -10.5)):
                pen.ellipse((x, y), (3.1, 3.1), mark)
        case "stripes":
            for y in (-25.5, -17.5, -9.5):
                half = 12.6 * math.sqrt(1 - ((y + 18) / 15.5) ** 2) - 1.2
                pen.stroke([(-half, y), (half, y)], 3.8, mark)
        case _:
            pass


def _ears(pen: Pen, scene: Scene) -> None:
    coat = coat_colour(scene.identity)
    edge = blend(coat, INK, 0.12)
    for side in (-1, 1):
        match scene.animal:
            case "fox":
                pen.polygon([(side * 16, -46), (side * 2, -56), (side * 15, -73)], edge)
                pen.polygon([(side * 12.5, -63.5), (side * 7.5, -64.5), (side * 15, -73)], INK)
            case "rabbit":
                pen.ellipse((side * 7.5, -63), (5, 12.5), edge)
                pen.ellipse((side * 7.5, -62), (2.6, 9), ROSE)
            case "bear":
                pen.ellipse((side * 12.5, -56), (6, 6), edge)
                pen.ellipse((side * 12.5, -56), (3.2, 3.2), blend(coat, WHITE, 0.6))
            case "cat":
                pen.polygon([(side * 16, -47), (side * 4, -57), (side * 12.5, -66)], edge)
                pen.polygon([(side * 13.5, -51), (side * 7, -56), (side * 12, -62)], ROSE)
            case "owl":
                pen.polygon([(side * 16, -48), (side * 5, -57), (side * 17, -64)], edge)
            case _:
                pen.ellipse((side * 16, -57), (10, 10), edge)
                pen.ellipse((side * 16, -57), (6.8, 6.8), ROSE)


def _head(pen: Pen, scene: Scene) -> None:
    coat = coat_colour(scene.identity)
    pen.ellipse((0, -45), (17, 14), coat)
    match scene.animal:
        case "fox":
            pen.polygon(
                [(-16, -43), (-6, -42), (0, -46), (6, -42), (16, -43), (9, -35), (0, -31), (-9, -35)], WHITE
            )
            pen.ellipse((0, -37), (3, 2.4), INK)
        case "rabbit":
            pen.ellipse((-3.6, -38.5), (4.4, 3.6), WHITE)
            pen.ellipse((3.6, -38.5), (4.4, 3.6), WHITE)
            pen.box((-2.4, -37), (2.4, -32.5), WHITE)
            pen.ellipse((0, -41), (2.2, 1.7), ROSE)
        case "bear":
            pen.ellipse((0, -38.5), (8, 6.2), blend(coat, WHITE, 0.6))
            pen.ellipse((0, -41), (3.6, 2.6), INK)
        case "cat":
            for side in (-1, 1):
                pen.stroke([(side * 9, -39), (side * 18, -40.5)], 1.2, WHITE)
                pen.stroke([(side * 9, -37), (side * 17.5, -35)], 1.2, WHITE)
            pen.polygon([(-3, -41), (3, -41), (0, -37.5)], ROSE)
        case "owl":
            pen.polygon([(-3.4, -43), (3.4, -43), (0, -36)], (255, 160, 40))
        case _:
            pen.ellipse((0, -38), (5, 4), blend(coat, WHITE, 0.6))
            pen.ellipse((0, -40), (2.8, 2.3), ROSE)
    _eyes(pen, scene.animal)


def _eyes(pen: Pen, animal: str) -> None:
    for side in (-1, 1):
        if animal == "owl":
            pen.ellipse((side * 7.4, -47.5), (7, 7), WHITE)
            pen.ellipse((side * 6.8, -47.5), (3.6, 3.6), INK)
            continue
        white = (174, 226, 110) if animal == "cat" else WHITE
        pen.ellipse((side * 7, -47), (4, 4.2), white)
        pen.ellipse((side * 6.6, -46.7), (1.6 if animal == "cat" else 2.6, 3.2), INK)


def _garment(pen: Pen, garment: str, colour: Colour) -> None:
    dark, light = blend(colour, INK, 0.3), blend(colour, WHITE, 0.5)
    match garment:
        case "scarf":
            pen.box((4, -31), (11, -14), dark)
            pen.ellipse((0, -31), (13.5, 4.6), colour)
        case "hat":
            pen.polygon([(-9, -57), (-7.5, -73), (7.5, -73), (9, -57)], colour)
            pen.box((-8.8, -61.5), (8.8, -57.5), light)
            pen.ellipse((0, -56.5), (16, 3.2), colour)
        case "crown":
            points: list[Point] = [
                (-11, -55),
                (-13, -68),
                (-6, -62),
                (0, -71),
                (6, -62),
                (13, -68),
                (11, -55),
            ]
            pen.polygon(points, colour)
            for tip in ((-13, -68), (0, -71), (13, -68)):
                pen.ellipse(tip, (2.4, 2.4), GOLD if colour != GARMENT_COLOURS["yellow"] else WHITE)
        case "cape":
            pen.ellipse((0, -31), (13, 3.6), colour)
            pen.ellipse((0, -30), (2.8, 2.8), GOLD if colour != GARMENT_COLOURS["yellow"] else WHITE)
        case _:
            pass
