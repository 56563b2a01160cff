"""Whether an answer is what its request wished for, by reading its slots; no model judges.

A verdict is a share of what could be judged, or None where the row does not apply to the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from training.planner.document import NOT_TOLD, Bounds, Document, Wish
from training.planner.judge_words import babbles, says_so, tells_count, tells_of_others
from training.planner.language import Slot, parse, told

CHARACTER: Final = ("animal", "garment", "colour")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer's rows, each from 0 (wrong) to 1 (right)."""

    count_obedience: float | None
    task_choice: float | None
    character_consistency: float | None
    reference_choice: float | None
    faithful: float | None
    edit_exact: float | None
    bounds_obedience: float | None
    count_told: float | None
    no_babble: float
    one_figure: float | None
    goes_on: float | None
    says_so: float | None


WRONG: Final = Verdict(*(0,) * 12)


def judge(document: Document, answer: str) -> Verdict:
    """Compare an answer with the wish of its request."""
    try:
        parts = parse(answer)
    except ValueError:
        return WRONG
    drawn = [part for part in parts if isinstance(part, Slot)]
    texts = [part for part in parts if isinstance(part, str)]
    wish, bounds = document.wish, document.bounds
    return Verdict(
        count_obedience=None if wish.count is None else float(len(drawn) == wish.count),
        task_choice=float(_is_task(wish, bounds, drawn, has_text=bool(texts))),
        character_consistency=_consistency(drawn),
        reference_choice=_references(wish, drawn, document.language.drawn_before),
        faithful=_faithful(wish, drawn),
        edit_exact=_edit_exact(wish, drawn) if wish.scene else None,
        bounds_obedience=None
        if bounds.is_free
        else float(_is_within(bounds, len(drawn), has_text=bool(texts))),
        count_told=_share(tells_count(texts, len(drawn))) if drawn else None,
        no_babble=float(not babbles(texts)),
        one_figure=float(not tells_of_others(texts, drawn)) if drawn else None,
        goes_on=float(bool(texts and drawn)) if wish.goes_on and bounds.is_free else None,
        says_so=float(says_so(parts)) if wish.is_strange else None,
    )


def _share(verdict: bool | None) -> float | None:
    return None if verdict is None else float(verdict)


def _is_within(bounds: Bounds, drawn: int, *, has_text: bool) -> bool:
    """Where text is allowed it is missed only if no picture is there either: a bare edit is an answer."""
    return (
        bounds.least <= drawn <= bounds.most and (bounds.has_text or not has_text) and bool(drawn or has_text)
    )


def _is_task(wish: Wish, bounds: Bounds, drawn: list[Slot], *, has_text: bool) -> bool:
    if has_text and not bounds.has_text:
        return False
    match wish.task:
        case "text":
            return has_text and not drawn
        case "picture":
            return len(drawn) == 1 and not drawn[0].references
        case "edit":
            return len(drawn) == 1 and bool(drawn[0].references)
        case "interleaved":
            fewest = 2 if wish.count is None and bounds.is_free else 1
            return has_text == bounds.has_text and len(drawn) >= fewest


def _consistency(drawn: list[Slot]) -> float | None:
    looks = {tuple(told(slot.description).get(attribute) for attribute in CHARACTER) for slot in drawn}
    return None if len(drawn) < 2 else float(len(looks) == 1)


def _references(wish: Wish, drawn: list[Slot], before: int) -> float | None:
    """Share of pictures that refer as they should: to images that show the character, where there are any."""
    if wish.task == "text" or not drawn:
        return None
    right = 0
    for index, slot in enumerate(drawn):
        shows = {*wish.shown_by, *(f"img{before + earlier + 1}" for earlier in range(index))}
        right += bool(slot.references) == bool(shows) and shows.issuperset(slot.references)
    return right / len(drawn)


def _faithful(wish: Wish, drawn: list[Slot]) -> float | None:
    """Whether every picture shows the animal and garment that the request names, or the change, and one shows the place."""
    if not (wish.told or wish.place):
        return None
    if not drawn:
        return 0.0
    shown = [told(slot.description) for slot in drawn]
    dressed = all(one.get(attribute, NOT_TOLD) == value for one in shown for attribute, value in wish.told)
    return float(dressed and (wish.place is None or any(one.get("place") == wish.place for one in shown)))


def _edit_exact(wish: Wish, drawn: list[Slot]) -> float:
    """Whether an edit left everything else as it was: stricter than any bar, because a small model finds it hardest."""
    return float([told(slot.description) for slot in drawn] == [dict(wish.scene)])
