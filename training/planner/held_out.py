"""The evaluation's fixed sets of requests: held-out seeds, wordings, names and looks, none of which training ever saw."""

from __future__ import annotations

from typing import Final

from training.planner.author import Author
from training.planner.corpus import Genre
from training.planner.corpus_edits import (
    edit_in_story,
    edit_of_drawing,
    edit_of_earlier,
    edit_of_image,
    edit_of_one_image,
)
from training.planner.corpus_followups import (
    another_story,
    sequel,
    story_of_drawing,
    story_of_image,
)
from training.planner.corpus_guides import guide
from training.planner.corpus_pictures import another_picture, gallery, picture
from training.planner.corpus_questions import question_on_drawing, question_on_image, question_on_story
from training.planner.corpus_stories import story, story_in_words
from training.planner.corpus_talk import (
    babble,
    can_you,
    fact,
    small_talk,
)
from training.planner.document import Document

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


def counted_requests() -> list[Document]:
    """Requests that ask for one to six pictures, as many of each."""
    author = Author(SEED, held_out=True)
    return [_asking_for(author, 1 + index % MOST_COUNTED) for index in range(SIZE)]


def _asking_for(author: Author, count: int) -> Document:
    while True:
        one = author.weighted(COUNTED)(author)
        if one.wish.count == count:
            return one


def mixed_requests() -> list[Document]:
    """Requests of all four tasks, as many of each."""
    author = Author(SEED + 1, held_out=True)
    return [author.pick(MIXED[index % len(MIXED)])(author) for index in range(SIZE)]
