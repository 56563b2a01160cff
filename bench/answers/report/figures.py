"""The page's drawings, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from typing import Final

from markupsafe import Markup

from bench.answers.cases.case import AXES
from bench.answers.judging.verdict import BEST

COLOURS: Final = ("#2f6fde", "#d9622b", "#2e9e6b", "#8a4fd0", "#c2185b", "#00838f", "#7a6a00", "#5d4037")
"""For systems, in order; told apart by people who see few colours, and the legend names them."""
_RADIUS: Final = 120
_WIDTH: Final = 150


def colour(place: int) -> str:
    """Of the system at this place."""
    return COLOURS[place % len(COLOURS)]


def radar(systems: Sequence[Mapping[str, float]]) -> Markup:
    """One closed line for each system; `systems` hold means from 0 to 10 by axis."""
    rings = "".join(
        f'<polygon class="ring" points="{_points([value] * len(AXES))}"/>' for value in (2.5, 5.0, 7.5, BEST)
    )
    spokes = "".join(f'<line class="ring" x1="0" y1="0" x2="{x:.1f}" y2="{y:.1f}"/>' for x, y in _corners())
    names = "".join(
        f'<text x="{1.13 * x:.1f}" y="{1.13 * y + 4:.1f}" text-anchor="{_anchor(x)}">{name}</text>'
        for name, (x, y) in zip(AXES, _corners(), strict=True)
    )
    lines = "".join(
        f'<polygon points="{_points([means.get(axis, 0) for axis in AXES])}" fill="{colour(place)}" fill-opacity=".06" '
        f'stroke="{colour(place)}" stroke-width="2"/>'
        for place, means in enumerate(systems)
    )
    label = "Means of the five axes, by system"
    return Markup(
        f'<svg class="radar" viewBox="-215 -150 430 300" role="img" aria-label="{label}">{rings}{spokes}{lines}{names}</svg>'
    )


def whisker(interval: Mapping[str, float], place: int) -> Markup:
    """A mean and its interval on a line from 0 to 10."""
    low, mean, high = (interval[name] / BEST * _WIDTH for name in ("low", "mean", "high"))
    return Markup(
        f'<svg class="whisker" viewBox="-4 0 {_WIDTH + 8} 12" aria-hidden="true">'
        f'<line class="ring" x1="0" y1="6" x2="{_WIDTH}" y2="6"/>'
        f'<line x1="{low:.1f}" y1="6" x2="{high:.1f}" y2="6" stroke="{colour(place)}" stroke-width="4" stroke-opacity=".35"/>'
        f'<circle cx="{mean:.1f}" cy="6" r="3.5" fill="{colour(place)}"/></svg>'
    )


def _corners(radius: float = _RADIUS) -> list[tuple[float, float]]:
    angles = [2 * pi * place / len(AXES) - pi / 2 for place in range(len(AXES))]
    return [(radius * cos(angle), radius * sin(angle)) for angle in angles]


def _points(values: Sequence[float]) -> str:
    corners = zip(_corners(1), values, strict=True)
    return " ".join(
        f"{x * value / BEST * _RADIUS:.1f},{y * value / BEST * _RADIUS:.1f}" for (x, y), value in corners
    )


def _anchor(x: float) -> str:
    return "middle" if abs(x) < 1 else "start" if x > 0 else "end"
