"""The corpus: textual-proxy documents, in which a description stands for each picture, in the mixture they are trained in.

Generation to understanding is between 4:1 and 5:1; the paper has 5:1 (notes/interleaved-generation.md §1.3). Documents are made on the fly
from a seed; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from training.planner.corpus.author import Author
from training.planner.corpus.bounds import talk_with_pictures, within
from training.planner.corpus.edits import (
    drawn_again,
    edit_in_story,
    edit_of_drawing,
    edit_of_earlier,
    edit_of_image,
    edit_of_one_image,
)
from training.planner.corpus.followups import another_story, story_of_drawing, story_of_image
from training.planner.corpus.guides import guide, strange_guide
from training.planner.corpus.pictures import another_picture, gallery, picture
from training.planner.corpus.questions import (
    question_on_drawing,
    question_on_image,
    question_on_story,
)
from training.planner.corpus.sequels import sequel
from training.planner.corpus.stories import story, story_in_words, too_many
from training.planner.corpus.strangers import edit_of_unknown, strange_edit, strange_hero
from training.planner.corpus.talk import babble, can_you, echo, fact, small_talk
from training.planner.document import Document

Genre = Callable[[Author], Document]

GENERATION: Final[dict[Genre, float]] = {
    story: 36,
    too_many: 1,
    guide: 13,
    strange_guide: 1,
    gallery: 11,
    picture: 18,
    another_picture: 6,
    edit_of_drawing: 24,
    drawn_again: 4,
    edit_of_image: 10,
    edit_of_one_image: 9,
    edit_of_earlier: 10,
    edit_in_story: 6,
    story_of_image: 3,
    story_of_drawing: 2.5,
    sequel: 18,
    another_story: 3,
    talk_with_pictures: 8,
    strange_hero: 3,
    edit_of_unknown: 2,
}
UNDERSTANDING: Final[dict[Genre, float]] = {
    fact: 8,
    small_talk: 4,
    can_you: 2.5,
    babble: 0.8,
    strange_edit: 5,
    echo: 2.5,
    story_in_words: 5,
    question_on_drawing: 4,
    question_on_image: 3.5,
    question_on_story: 3,
}
MIXTURE: Final[dict[Genre, float]] = GENERATION | UNDERSTANDING


def document(author: Author) -> Document:
    """One document of the mixture, within bounds, with its earlier pictures as a service may tell of them."""
    return presented(author, within(author, author.weighted(MIXTURE)(author)))


def presented(author: Author, one: Document) -> Document:
    """The document as a service may present it: no sizes to choose from, earlier pictures gone, or each told with its size."""
    if author.chance(0.15):
        one = one.without_sizes()
    if len(one.turns) > 2 and author.chance(0.1):
        one = one.later(author.rng.randint(1, 12))
    return one.as_served if author.chance(0.5) else one


def documents(seed: int) -> Iterator[Document]:
    """Training documents without end; two seeds share none but by chance."""
    author = Author(seed)
    while True:
        yield document(author)
