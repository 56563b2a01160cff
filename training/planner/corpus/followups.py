"""Stories of the corpus that build on pictures that are already there: the user's image, or an earlier turn's."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from training import world
from training.planner.corpus.amounts import draw_amount
from training.planner.corpus.author import Author, Wordings
from training.planner.corpus.drawn import image_line
from training.planner.corpus.pictures import ask_known, caption, draw
from training.planner.corpus.stories import ask_story
from training.planner.corpus.subjects import name_subject
from training.planner.corpus.tales import Tale, draw_tale, tell
from training.planner.corpus.wordings import loosely_typed, pictures
from training.planner.document import Document, Wish, chat

COUNTS: Final = {1: 0.1, 2: 0.3, 3: 0.35, 4: 0.15, 5: 0.05, 6: 0.05}
UNASKED_COUNTS: Final = {3: 1.0}
# fmt: off
ABOUT: Final = Wordings(
    ("Tell a story about {them}{tail}", "Now tell me a story about {them}{tail}", "Make a story with {them}{tail}",
     "Write a story about {them}{tail}", "Tell me a tale of {them}{tail}", "A story about {them}{tail}",
     "Use {them} in a story{tail}", "Invent a story about {them}{tail}", "I want a story about {them}{tail}", "Let {them} be in a story{tail}", "Give me a tale about {them}{tail}", "Now a story with {them}{tail}", "Can you make a picture story about {them}{tail}", "Write a tale in which {them} is the hero{tail}"),
    ("Please make up a story around {them}{tail}", "Let me hear a tale of {them}{tail}"),
)
TAILS: Final = Wordings(
    (" with {}", " in {}", ", {} please", ", with {}", " using {}", " which has {}", " consisting of {}", ". It should have {}", " ({})", ". I want {}", " plus {}", " told in {}"), (" that has {}", ". I'd like {} with it")
)
# fmt: on


def _ask(author: Author, noun: str, asked: int | None) -> str:
    tail = author.say(TAILS).format(pictures(author, asked)) if asked else ""
    return loosely_typed(author, author.say(ABOUT).format(them=noun, tail=tail) + ".")


def told_look(tale: Tale) -> tuple[tuple[str, str], ...]:
    """What every picture of the tale shows of its character."""
    character = tale.character
    worn = (("garment", character.garment), ("colour", character.colour)) if character.wearing else ()
    return (("animal", character.animal), *worn)


def story_of_image(author: Author) -> Document:
    """A story about the animal in the user's image: its first picture refers to that image."""
    amount = draw_amount(author, COUNTS, UNASKED_COUNTS)
    tale = replace(draw_tale(author, amount.drawn), shown_by="in1", bare=not amount.bounds.has_text)
    drawn = draw(author, tale.character, "in1")
    known = author.chance(0.7)
    noun = author.pick(("them", "this animal", "the animal in the picture")) if known else ""
    noun = (
        noun
        if known and author.chance(0.4)
        else f"{author.pick(('this', 'the', 'my'))} {tale.character.animal}"
    )
    request = _ask(author, noun.replace("them", tale.character.them), amount.asked)
    prompt = image_line("in1", drawn.description if known else None) + request
    told = told_look(tale) if known else (("animal", tale.character.animal),)
    wish = Wish("interleaved", amount.owed, told, shown_by=("in1",)) if tale.count else Wish("text")
    return Document(chat(prompt, tell(author, tale)), wish, amount.bounds)


def story_of_drawing(author: Author) -> Document:
    """A drawing, then a story about whom it shows, whose pictures all refer to the drawing or to what came of it."""
    amount = draw_amount(author, COUNTS, UNASKED_COUNTS)
    tale = draw_tale(author, amount.drawn)
    tale = replace(tale, shown_by="img1", first_id=2, bare=not amount.bounds.has_text)
    drawn = draw(author, tale.character)
    noun = author.pick((tale.character.them, tale.character.them, f"the {tale.character.animal}"))
    turns = chat(
        ask_known(author, drawn),
        caption(author, drawn) + str(drawn.slot()),
        _ask(author, noun, amount.asked),
        tell(author, tale),
    )
    wish = (
        Wish("interleaved", amount.owed, told_look(tale), shown_by=("img1",)) if tale.count else Wish("text")
    )
    return Document(turns, wish, amount.bounds)


def another_story(author: Author) -> Document:
    """A story, then one of somebody else, whose pictures refer to its own first one."""
    first = draw_tale(author, author.weighted({1: 0.4, 2: 0.4, 3: 0.2}))
    animal = author.other(world.ANIMALS, first.character.animal)
    amount = draw_amount(author, COUNTS, UNASKED_COUNTS)
    tale = draw_tale(author, amount.drawn, animal)
    tale = replace(tale, first_id=first.count + 1, bare=not amount.bounds.has_text)
    tale, subject = name_subject(author, tale)
    first, first_subject = name_subject(author, first)
    turns = chat(
        ask_story(author, first, first_subject, first.count),
        tell(author, first, first_subject.excuse),
        ask_story(author, tale, subject, amount.asked),
        tell(author, tale, subject.excuse),
    )
    wish = Wish("interleaved", amount.owed, subject.told, subject.place) if tale.count else Wish("text")
    return Document(turns, wish, amount.bounds)
