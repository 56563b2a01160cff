"""How many pictures an answer has, and who says so: the words of the request, the line of its bounds, both, or neither.

Where words and bounds contradict each other, the bounds win.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from training.planner.corpus.author import Author
from training.planner.document import FREE, MOST_PICTURES, Bounds

COUNTED: Final = 0.7
"""The share of requests whose words say a count."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What the words ask for (None: nothing), how many pictures the answer has, and its bounds."""

    asked: int | None
    drawn: int
    bounds: Bounds

    @property
    def owed(self) -> int | None:
        """The only right count, where there is one: of the bounds, else of the words."""
        if self.bounds.least == self.bounds.most:
            return self.bounds.most
        return None if self.asked is None else self.drawn


def draw_amount(author: Author, counts: dict[int, float], unasked: dict[int, float]) -> Amount:
    """An amount: `counts` weighs what words ask for, `unasked` what an answer has that nobody counted."""
    asked = author.weighted(counts) if author.chance(COUNTED) else None
    drawn = asked or author.weighted(unasked)
    match author.weighted(
        {"free": 0.47, "exact": 0.24, "between": 0.1, "cap": 0.08, "none": 0.05, "bare": 0.06}
    ):
        case "free":
            bounds = FREE
        case "none":
            bounds = Bounds(0, 0)
        case "between":
            bounds = _between(author)
        case "cap":
            bounds = Bounds(0, author.rng.randint(1, MOST_PICTURES - 1))
        case told:
            exact = asked if asked and author.chance(0.5) else author.rng.randint(1, MOST_PICTURES)
            bounds = Bounds(exact, exact, has_text=told == "exact")
    return Amount(asked, min(max(drawn, bounds.least), bounds.most), bounds)


def _between(author: Author) -> Bounds:
    least, most = sorted(author.rng.sample(range(1, MOST_PICTURES + 1), 2))
    return Bounds(least, MOST_PICTURES if author.chance(0.3) else most)
