"""The evaluation's fixed sets of requests: held-out seeds, wordings, names and looks, none of which training ever saw."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from training.planner.corpus.author import Author
from training.planner.corpus.bounds import talk_with_pictures, within
from training.planner.corpus.edits import (
    edit_in_story,
    edit_of_drawing,
    edit_of_earlier,
    edit_of_image,
    edit_of_one_image,
)
from training.planner.corpus.followups import another_story, story_of_drawing, story_of_image
from training.planner.corpus.guides import guide
from training.planner.corpus.mixture import Genre
from training.planner.corpus.pictures import another_picture, gallery, picture
from training.planner.corpus.questions import (
    question_on_drawing,
    question_on_image,
    question_on_story,
)
from training.planner.corpus.sequels import sequel
from training.planner.corpus.stories import story, story_in_words
from training.planner.corpus.strangers import strange_edit, strange_hero
from training.planner.corpus.talk import babble, can_you, fact, small_talk
from training.planner.corpus.wordings import NUMBERS
from training.planner.document import MOST_PICTURES, Document

SEED: Final = 777_000_000
SIZE: Final = 200
MOST_COUNTED: Final = 6

COUNTED: Final[dict[Genre, float]] = {story: 3, guide: 1, gallery: 1}
MIXED: Final[tuple[tuple[Genre, ...], ...]] = (
    (
        fact,
        small_talk,
        can_you,
        story_in_words,
        question_on_drawing,
        question_on_image,
        question_on_story,
        babble,
    ),
    (picture, another_picture),
    (edit_of_drawing, edit_of_image, edit_of_one_image, edit_of_earlier, edit_in_story),
    (story, guide, gallery, story_of_image, story_of_drawing, sequel, another_story),
)
"""Text, one picture, edit, interleaved."""


BOUNDED: Final[dict[Genre, float]] = {
    story: 4,
    guide: 1,
    gallery: 1,
    sequel: 2,
    picture: 1,
    edit_of_drawing: 1,
    talk_with_pictures: 1,
}
EXACT_OF_EACH: Final = 10
BETWEEN: Final = 60
NONE: Final = 20
GOING_ON: Final = 60
STRANGE: Final = 40


def counted_requests() -> list[Document]:
    """Requests whose words ask for one to six pictures, as many of each, and whose bounds leave the count to them."""
    author = Author(SEED, held_out=True)
    return [_asking_for(author, 1 + index % MOST_COUNTED) for index in range(SIZE)]


def _asking_for(author: Author, count: int) -> Document:
    return _first(
        lambda: author.weighted(COUNTED)(author), lambda one: one.bounds.is_free and one.wish.count == count
    )


def mixed_requests() -> list[Document]:
    """Requests of all four tasks, as many of each, whose bounds leave everything to them."""
    author = Author(SEED + 1, held_out=True)
    return [_free(author, MIXED[index % len(MIXED)]) for index in range(SIZE)]


def bounded_requests() -> list[Document]:
    """Requests whose bounds say how many pictures there must be: exactly, where the words do not say it too, or in other ways."""
    author = Author(SEED + 2, held_out=True)
    exact = [
        _bounded(author, lambda one: _is_owed(one, count))  # noqa: B023  # used before the count changes
        for count in range(1, MOST_PICTURES + 1)
        for _ in range(EXACT_OF_EACH)
    ]
    others = [_bounded(author, lambda one: one.bounds.least < one.bounds.most) for _ in range(BETWEEN)]
    return exact + others + [_bounded(author, lambda one: one.bounds.most == 0) for _ in range(NONE)]


def _bounded(author: Author, fits: Callable[[Document], bool]) -> Document:
    return _first(
        lambda: within(author, author.weighted(BOUNDED)(author)),
        lambda one: not one.bounds.is_free and fits(one),
    )


def _is_owed(one: Document, count: int) -> bool:
    """Whether the bounds ask for this count and the words do not."""
    said = re.search(rf"\b({count}|{NUMBERS[count]})\b", one.turns[-2].text.lower())
    return one.bounds.least == one.bounds.most == count and not said


def going_on_requests() -> list[Document]:
    """Requests to go on, in wordings that no training saw, which say nothing of a count."""
    author = Author(SEED + 3, held_out=True)
    return [
        _first(lambda: sequel(author), lambda one: one.bounds.is_free and one.wish.count is None)
        for _ in range(GOING_ON)
    ]


def strange_requests() -> list[Document]:
    """Requests about images that show what the world lacks, whose bounds leave everything to the planner."""
    author = Author(SEED + 4, held_out=True)
    return [_free(author, (strange_edit, strange_hero)) for _ in range(STRANGE)]


def _first(draw: Callable[[], Document], fits: Callable[[Document], bool]) -> Document:
    """The first document drawn that fits, as the service presents it."""
    while not fits(one := draw()):
        pass
    return one.as_served


def _free(author: Author, genres: tuple[Genre, ...]) -> Document:
    return _first(lambda: author.pick(genres)(author), lambda one: one.bounds.is_free)
