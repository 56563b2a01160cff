"""Whoever returns in an answer's pictures, and their one style: read from a hidden preamble, put into every description that needs them.

    <cast>
    Rusty = a small red fox with a white tail tip and a blue scarf
    </cast>
    <style>soft watercolour, warm light</style>

A description that says `@Rusty` gets the looks in full, so they are the same in each picture. It knows text only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from planner_service.wire import MOST_FIGURES, CastTold, Figure

CAST, CAST_END = "<cast>", "</cast>"
STYLE = "<style>"
LONGEST = 4096
"""Characters of a preamble; a longer one is none."""

_BLOCK = re.compile(r"\s*<(cast|style)>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_FIGURE = re.compile(r"^\s*@?([A-Za-z][A-Za-z0-9_-]{0,31})\s*[=:]\s*(\S.*?)\s*$", re.MULTILINE)
_MENTION = re.compile(r"@([A-Za-z][A-Za-z0-9_-]*)")


class Preamble:
    """Feed it the beginning of an answer; it keeps the preamble, if there is one, and gives back the rest.

    Models that no grammar binds write the two blocks in either order and in capitals, too.
    """

    def __init__(self) -> None:
        self.is_over = False
        self.text = ""
        self._held = ""
        self._rest_begun = False
        self._missing = [CAST, STYLE]
        self._figures: tuple[Figure, ...] = ()
        self._style: str | None = None

    def feed(self, text: str) -> str:
        """Take more text; give back what is no preamble, without the empty lines after it."""
        if self.is_over:
            return self._rest(text)
        self._held += text
        while (block := _BLOCK.match(self._held)) and f"<{block[1].lower()}>" in self._missing:
            self._take(block)
        if self._may_become_one():
            return ""
        self.is_over = True
        rest, self._held = self._held, ""
        return self._rest(rest)

    def finish(self) -> str:
        """The answer ends; give back what was held and is no preamble."""
        rest = "" if self._solid().startswith((CAST, STYLE)) else self._held
        self.is_over, self._held = True, ""
        return self._rest(rest)

    def told(self, cast: tuple[Figure, ...], style: str | None) -> CastTold:
        """The figures, as many as a planner that goes on may be given, and the style; those that were there before first: they win."""
        known = {figure.name.lower() for figure in cast}
        added = tuple(figure for figure in self._figures if figure.name.lower() not in known)
        return CastTold(figures=(*cast, *added)[:MOST_FIGURES], style=style or self._style)

    def _rest(self, text: str) -> str:
        if self.text and not self._rest_begun:
            text = text.lstrip()
            self._rest_begun = bool(text)
        return text

    def _take(self, block: re.Match[str]) -> None:
        """Move a block into the preamble."""
        tag = f"<{block[1].lower()}>"
        self._missing.remove(tag)
        if tag == CAST:
            self._figures = _figures(block[2])
        else:
            self._style = " ".join(block[2].split())[:300] or None
        self.text += block[0]
        self._held = self._held[block.end() :]

    def _may_become_one(self) -> bool:
        solid = self._solid()
        return len(self._held) <= LONGEST and any(
            tag.startswith(solid) or solid.startswith(tag) for tag in self._missing
        )

    def _solid(self) -> str:
        return self._held.lstrip().lower()


def expanded(description: str, cast: Iterable[Figure], style: str | None) -> str:
    """A description with the looks of whom it mentions, each once, and with the style."""
    looks = {figure.name.lower(): figure for figure in cast}
    met: set[str] = set()

    def replaced(mention: re.Match[str]) -> str:
        figure = looks.get(mention[1].lower())
        if figure is None or figure.name in met:
            return mention[1]
        met.add(figure.name)
        return f"{figure.name} ({figure.looks})"

    text = _MENTION.sub(replaced, description)
    # A planner that goes on has read descriptions with their style, and may write it itself.
    if not style or style.lower() in text.lower():
        return text
    return f"{text}{'' if text.endswith(('.', '!', '?')) else '.'} Style: {style}"


def _figures(cast: str) -> tuple[Figure, ...]:
    """The first definition of each name."""
    found: dict[str, Figure] = {}
    for name, looks in _FIGURE.findall(cast):
        found.setdefault(name.lower(), Figure(name=name, looks=looks[:400]))
    return tuple(found.values())[:MOST_FIGURES]
