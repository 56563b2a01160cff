"""A board: systems that answered the same cases, to be shown side by side, and what a table says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.answers.arena.pick import Pick
from bench.answers.judging.agreement import Agreement
from bench.answers.measures import averages
from bench.answers.running import Skipped
from bench.answers.standing import FIGURES, Figure, Row, standing

CALLED: Final[dict[Figure, str]] = {
    "adherence": "prompt adherence",
    "coordination": "narrative coordination",
    "content": "content consistency",
    "images": "image consistency",
    "completeness": "completeness",
    "overall": "overall",
}
MEASURED: Final = {
    "came": "completed",
    "count": "count obeyed",
    "order": "text before pictures",
    "copies": "copies",
    "collages": "collages",
    "references": "references as planned",
    "overlap": "text repeats description",
    "first_text_s": "first text, s",
    "first_picture_s": "first picture, s",
    "whole_s": "whole answer, s",
    "drawing_s": "drawing, device-s",
    "cost": "cost",
    "clip_t": "CLIP-T",
    "dino_i": "DINO-I",
    "face_i": "face identity",
}
"""What figures and measures are called in tables."""


@dataclass(frozen=True, slots=True)
class Board:
    """Systems and their judged answers. `note` says in a sentence what is compared; `picks` decide an arena."""

    title: str
    note: str
    rows: Sequence[Row]
    picks: Sequence[Pick] = ()
    agreement: Agreement = field(default_factory=Agreement)
    skipped: Sequence[Skipped] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """Their names, in the order in which they were asked."""
        return tuple(dict.fromkeys(row.system for row in self.rows))

    def of(self, system: str) -> list[Row]:
        """The answers of one system."""
        return [row for row in self.rows if row.system == system]


def markdown(board: Board) -> str:
    """The board as tables of a Markdown page: the axes with their intervals, then what needs no judge."""
    head = [board.title.lower(), *CALLED.values()]
    lines = [_line(head), _line(["---"] * len(head))]
    for system in board.systems:
        figures = standing(board.of(system))
        lines.append(_line([system, *(str(figures.get(name, "-")) for name in FIGURES)]))
    means = {system: averages(row.measures for row in board.of(system)) for system in board.systems}
    lines += ["", _line(["without a judge", *board.systems]), _line(["---"] * (len(board.systems) + 1))]
    for name, called in MEASURED.items():
        if any(name in mean for mean in means.values()):
            lines.append(_line([called, *(_number(means[system].get(name)) for system in board.systems)]))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
