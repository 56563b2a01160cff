"""What can be said of an answer without a judge."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from statistics import fmean

from bench.answers.answer import Answer, Picture, Text
from bench.answers.cases.case import Case
from bench.answers.pixels import is_collage, is_copy
from bench.answers.systems.system import System


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one answer, shares from 0 to 1; None where there is nothing to measure.

    Attributes:
        came: it was completed.
        count: as many pictures as were asked for.
        order: pictures that have a text right before them, in answers of several pictures.
        copies: pictures that repeat an earlier one.
        collages: pictures put together of several.
        references: pictures that were drawn with every reference that they were to have.
        overlap: words of the descriptions that the text beside them has as well; a picture should add, not repeat.
        drawing_s: how long devices drew, all pictures together: GPU-seconds, where it is GPUs that draw.
        cost: by the prices of the system.
        clip_t, dino_i, face_i: see `likeness`; where weights are at hand.
    """

    came: float
    count: float
    order: float | None
    copies: float | None
    collages: float | None
    references: float | None
    overlap: float | None
    first_text_s: float | None
    first_picture_s: float | None
    whole_s: float | None
    drawing_s: float | None
    cost: float | None
    clip_t: float | None = None
    dino_i: float | None = None
    face_i: float | None = None


def measure(case: Case, answer: Answer, system: System) -> Measures:
    """Measure one answer."""
    pictures = [picture.data for picture in answer.drawn if picture.data]
    told = [picture for picture in answer.drawn if picture.drawing_s is not None]
    drawing_s = sum(picture.drawing_s or 0 for picture in told) if told else None
    price = len(pictures) * system.picture_price + (drawing_s or 0) / 3600 * system.hour_price
    return Measures(
        came=float(answer.outcome == "completed"),
        count=float(case.pictures.holds(len(pictures))),
        order=_mean(answer.led) if len(answer.led) > 1 else None,
        copies=_copies(pictures),
        collages=_mean(map(is_collage, pictures)),
        references=_mean(not picture.missing_references for picture in told),
        overlap=_overlap(answer),
        first_text_s=answer.first_text_s,
        first_picture_s=answer.first_picture_s,
        whole_s=answer.whole_s,
        drawing_s=drawing_s,
        cost=price if system.picture_price or system.hour_price else None,
    )


def averages(measured: Iterable[Measures]) -> dict[str, float]:
    """The mean of each measure over the answers that it applies to."""
    rows = [asdict(one) for one in measured]
    means = {
        field.name: _mean(row[field.name] for row in rows if row[field.name] is not None)
        for field in fields(Measures)
    }
    return {name: mean for name, mean in means.items() if mean is not None}


def _copies(pictures: list[bytes]) -> float | None:
    copies = {
        later
        for earlier, later in combinations(range(len(pictures)), 2)
        if is_copy(pictures[earlier], pictures[later])
    }
    return len(copies) / len(pictures) if pictures else None


def _overlap(answer: Answer) -> float | None:
    beside = [
        " ".join(part.text for part in (before, after) if isinstance(part, Text))
        for before, after in zip((None, *answer.parts), (*answer.parts[1:], None), strict=False)
    ]
    shares = []
    for part, text in zip(answer.parts, beside, strict=False):
        if isinstance(part, Picture) and part.description and text:
            words = _words(part.description)
            shares.append(len(words & _words(text)) / len(words) if words else 0.0)
    return _mean(shares)


def _words(text: str) -> set[str]:
    """Longer words only: articles and the like say nothing."""
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fmean(listed) if listed else None
