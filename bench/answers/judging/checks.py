"""How the oracle answers a question: functions by the name that a case's `check` gives them.

Each returns the share of what it looks at for which the answer is yes, or None where there is nothing to look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final

from bench.answers.answer import Picture, Text
from bench.answers.cases.case import Case
from bench.answers.cases.inputs import sent
from bench.answers.judging.looked_at import LookedAt, Seen, read
from training.oracle import identity_distance

Told = dict[str, str]
Check = Callable[[Case, LookedAt, Told], float | None]

SAME_CHARACTER: Final = 0.3
"""An identity distance up to which two pictures show one character: a drifting coat colour alone stays below, another coat does not."""


def count(case: Case, looked: LookedAt, told: Told) -> float:
    """As many pictures came as the case allows."""
    return float(case.pictures.holds(len(looked.answer.drawn)))


def every(case: Case, looked: LookedAt, told: Told) -> float:
    """Pictures that show all of `told`."""
    return _mean([_shows(seen, told) for seen in looked.seen]) or 0.0


def some(case: Case, looked: LookedAt, told: Told) -> float:
    """At least one picture shows all of `told`."""
    return float(any(_shows(seen, told) for seen in looked.seen))


def different(case: Case, looked: LookedAt, told: Told) -> float:
    """Pictures that show another value of the attribute `of` than those before them."""
    values = [seen.shown.get(told["of"]) for seen in looked.seen]
    return len(set(values) - {None}) / max(len(values), case.pictures.least, 1)


def says(case: Case, looked: LookedAt, told: Told) -> float:
    """Alternatives in `words`, separated by bars, one of which the text has."""
    return float(re.search(rf"\b({told['words']})", looked.answer.text.lower()) is not None)


def has_text(case: Case, looked: LookedAt, told: Told) -> float:
    """There is a text."""
    return float(bool(looked.answer.text.strip()))


def no_text(case: Case, looked: LookedAt, told: Told) -> float:
    """There is none beyond a few words."""
    return float(len(looked.answer.text.split()) <= 12)


def as_sent(case: Case, looked: LookedAt, told: Told) -> float:
    """Attributes of the image that was sent which the first picture keeps, `told` being what was to change."""
    if not looked.seen:
        return 0.0
    wanted = _sent(case).shown | told
    shown = looked.seen[0].shown
    return _mean([shown.get(name) == value for name, value in wanted.items()]) or 0.0


def who_was_sent(case: Case, looked: LookedAt, told: Told) -> float:
    """Pictures of the very character in the image that was sent."""
    model = _sent(case)
    return _mean([_alike(model, seen) for seen in looked.seen]) or 0.0


def beside(case: Case, looked: LookedAt, told: Told) -> float | None:
    """Pictures at a place that the text before them speaks of, among those before which it speaks of any."""
    spoken = [seen for seen in looked.seen if seen.places_told]
    return _mean([seen.shown.get("place") in seen.places_told for seen in spoken])


def text_first(case: Case, looked: LookedAt, told: Told) -> float | None:
    """Pictures with a text right before them, where there were to be several; a single one may come without a word."""
    if case.pictures.most < 2:
        return None
    return _mean(looked.answer.led)


def as_described(case: Case, looked: LookedAt, told: Told) -> float | None:
    """Attributes of the descriptions that the pictures show."""
    pairs = [(seen.shown.get(name), value) for seen in looked.seen for name, value in seen.described.items()]
    return _mean([shown == value for shown, value in pairs])


def same_character(case: Case, looked: LookedAt, told: Told) -> float | None:
    """Pictures of the very character that the first one shows."""
    return _mean([_alike(looked.seen[0], seen) for seen in looked.seen[1:]])


def same_clothes(case: Case, looked: LookedAt, told: Told) -> float | None:
    """Pictures in which animal, garment and colour are those of the picture before."""
    names = ("animal", "garment", "colour")
    return _mean([all(a.shown.get(n) == b.shown.get(n) for n in names) for a, b in pairwise(looked.seen)])


def delivered(case: Case, looked: LookedAt, told: Told) -> float:
    """Pictures that came, of those that were opened or asked for at least."""
    due = max(len(looked.answer.pictures), case.pictures.least)
    return len(looked.answer.drawn) / due if due else 1.0


def told_through(case: Case, looked: LookedAt, told: Told) -> float | None:
    """Texts for pictures: one for each is enough."""
    runs = sum(isinstance(part, Text) and bool(part.text.strip()) for part in looked.answer.parts)
    pictures = max(len(looked.answer.pictures), case.pictures.least)
    return min(1.0, runs / pictures) if pictures else None


def ended(case: Case, looked: LookedAt, told: Told) -> float:
    """The answer was completed, and its text does not break off within a sentence."""
    text = looked.answer.text.strip()
    # A text that only leads to the last picture ends with a colon.
    ends = '.!?":' if looked.answer.parts and isinstance(looked.answer.parts[-1], Picture) else '.!?"'
    return float(looked.answer.outcome == "completed" and (not text or text[-1] in ends))


CHECKS: Final[dict[str, Check]] = {
    check.__name__: check
    for check in (
        count, every, some, different, says, has_text, no_text, as_sent, who_was_sent, beside, text_first, as_described,
        same_character, same_clothes, delivered, told_through, ended,
    )
}  # fmt: skip


def _shows(seen: Seen, told: Told) -> bool:
    return all(seen.shown.get(name) == value for name, value in told.items())


def _alike(model: Seen, seen: Seen) -> bool:
    if model.reading is None or seen.reading is None or model.shown["animal"] != seen.shown["animal"]:
        return False
    return identity_distance(model.reading, seen.reading) <= SAME_CHARACTER


def _sent(case: Case) -> Seen:
    image = next(image for turn in reversed(case.turns) for image in turn.images)
    return Seen({}, "", read(sent(image).png))


def _mean(shares: Sequence[bool]) -> float | None:
    return fmean(shares) if shares else None
