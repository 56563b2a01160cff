"""Bounds for the documents of the corpus whose words count nothing: a picture, an edit, talk, within bounds that fit them or decide otherwise."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from training import world
from training.planner.corpus.author import Author
from training.planner.corpus.changes import scene_told
from training.planner.corpus.pictures import draw, show
from training.planner.corpus.questions import question_on_drawing
from training.planner.corpus.talk import fact, small_talk
from training.planner.corpus.wordings import PLURALS
from training.planner.document import MOST_PICTURES, Bounds, Document, Wish
from training.planner.language import Slot, parse, slots

VARIED: Final = ("pose", "position", "thing")
"""What differs between several pictures where one was asked for."""


def within(author: Author, one: Document) -> Document:
    """The document within bounds drawn anew, if its words leave the count to them; else as it is."""
    if not one.bounds.is_free or one.wish.is_strange or one.wish.task == "interleaved":
        return one
    if one.wish.task == "text":
        return _talk_within(author, one)
    kinds = {"free": 0.42, "exact": 0.13, "bare": 0.2, "between": 0.11, "none": 0.05, "more": 0.09}
    match author.weighted(kinds):
        case "exact":
            return replace(one, bounds=Bounds(1, 1))
        case "bare":
            return one.answering(str(slots(one.answer)[0]), Bounds(1, 1, has_text=False))
        case "between":
            most = MOST_PICTURES if author.chance(0.4) else author.rng.randint(1, MOST_PICTURES)
            return replace(one, bounds=Bounds(author.pick((0, 1)), most))
        case "none":
            described = show(author, slots(one.answer), Bounds(0, 0), _excuse(one.answer))
            return replace(one.answering(described, Bounds(0, 0)), wish=Wish("text"))
        case "more":
            return _several(author, one)
        case _:
            return one


def _talk_within(author: Author, one: Document) -> Document:
    match author.weighted({"free": 0.65, "none": 0.25, "cap": 0.1}):
        case "none":
            return replace(one, bounds=Bounds(0, 0))
        case "cap":
            return replace(one, bounds=Bounds(0, author.rng.randint(1, MOST_PICTURES - 1)))
        case _:
            return one


def _owing(author: Author, least: int) -> tuple[int, Bounds]:
    """A count, and bounds that owe at least so many; where they leave a choice, the least."""
    count = author.rng.randint(least, MOST_PICTURES)
    most = author.rng.randint(count, MOST_PICTURES) if author.chance(0.25) else count
    return count, Bounds(count, most, has_text=author.chance(0.85))


def _several(author: Author, one: Document) -> Document:
    """As many pictures as the bounds owe where the words ask for one: they differ in what the words leave open."""
    count, bounds = _owing(author, 2)
    (first,) = slots(one.answer)
    request = one.turns[-2].text.lower()
    named = dict(one.wish.told)
    scene = scene_told(first.description)
    shown = [first]
    for _ in range(count - 1):
        other = author.scene_like(scene)
        kept = {key: getattr(scene, key) for key in VARIED if key in named or getattr(scene, key) in request}
        references = first.references or (first.id,)
        shown.append(_after(shown[-1], world.describe(replace(other, **kept), author.rng), references))
    wish = Wish("interleaved", _owed(bounds), one.wish.told, one.wish.place, shown_by=one.wish.shown_by)
    return replace(one.answering(show(author, shown, bounds, _excuse(one.answer)), bounds), wish=wish)


def talk_with_pictures(author: Author) -> Document:
    """Talk where the bounds owe pictures: the answer in words, and pictures of whom it is about or of anybody."""
    one = author.weighted({fact: 0.5, small_talk: 0.25, question_on_drawing: 0.25})(author)
    said = _about(one.turns[-2].text + one.answer)
    while len(said) > 1:
        one = fact(author)
        said = _about(one.turns[-2].text + one.answer)
    count, bounds = _owing(author, 1)
    before = [slot for turn in one.turns[:-1] if turn.role == "assistant" for slot in slots(turn.text)]
    references = (before[-1].id,) if before else ()
    scene = (
        scene_told(before[-1].description)
        if before
        else draw(author, author.character(next(iter(said), None))).scene
    )
    shown: list[Slot] = []
    for index in range(count):
        last = shown[-1] if shown else Slot(f"img{len(before)}", "")
        other = author.scene_like(scene) if index else scene
        refers = references or ((shown[0].id,) if shown else ())
        shown.append(_after(last, world.describe(other, author.rng), refers))
    wish = Wish("interleaved", _owed(bounds), shown_by=references)
    return replace(one.answering(show(author, shown, bounds, one.answer), bounds), wish=wish)


def _owed(bounds: Bounds) -> int | None:
    return bounds.most if bounds.least == bounds.most else None


def _after(last: Slot, description: str, references: tuple[str, ...]) -> Slot:
    number = int(last.id.removeprefix("img")) + 1
    return Slot(f"img{number}", description, references, last.size)


def _about(text: str) -> set[str]:
    """The animals that a text names."""
    words = set(re.findall(r"\w+", text.lower()))
    return {animal for animal, plural in PLURALS.items() if words & {animal, plural}}


def _excuse(answer: str) -> str:
    """The excuse with which an answer begins, if it begins with one and not with a word of welcome."""
    first = parse(answer)[0]
    return first.strip() if isinstance(first, str) and first.startswith(("I ", "My ")) else ""
