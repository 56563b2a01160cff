"""Stories of the corpus that build on pictures that are already there: the user's image, or an earlier turn's."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from training import world
from training.planner.author import Author, Wordings
from training.planner.corpus_pictures import ask_known, caption, draw
from training.planner.corpus_stories import ask_story
from training.planner.document import Document, Wish, chat
from training.planner.drawn import image_line
from training.planner.subjects import name_subject
from training.planner.tales import Tale, draw_tale, tell
from training.planner.wordings import loosely_typed, pictures

COUNTS: Final = {1: 0.1, 2: 0.3, 3: 0.35, 4: 0.15, 5: 0.05, 6: 0.05}
UNASKED_COUNT: Final = 3
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


def _count(author: Author, counted: bool) -> int:
    """How many pictures; where the request does not say, always as many."""
    return author.weighted(COUNTS) if counted else UNASKED_COUNT


def _ask(author: Author, tale: Tale, noun: str, *, counted: bool) -> str:
    tail = author.say(TAILS).format(pictures(author, tale.count)) if counted else ""
    return loosely_typed(author, author.say(ABOUT).format(them=noun, tail=tail) + ".")


def _told(tale: Tale) -> tuple[tuple[str, str], ...]:
    character = tale.character
    worn = (("garment", character.garment), ("colour", character.colour)) if character.wearing else ()
    return (("animal", character.animal), *worn)


def story_of_image(author: Author) -> Document:
    """A story about the animal in the user's image: its first picture refers to that image."""
    counted = author.chance(0.8)
    tale = replace(draw_tale(author, _count(author, counted)), shown_by="in1")
    drawn = draw(author, tale.character, "in1")
    known = author.chance(0.7)
    noun = author.pick(("them", "this animal", "the animal in the picture")) if known else ""
    noun = (
        noun
        if known and author.chance(0.4)
        else f"{author.pick(('this', 'the', 'my'))} {tale.character.animal}"
    )
    request = _ask(author, tale, noun.replace("them", tale.character.them), counted=counted)
    prompt = image_line("in1", drawn.description if known else None) + request
    told = _told(tale) if known else (("animal", tale.character.animal),)
    wish = Wish("interleaved", tale.count if counted else None, told, shown_by=("in1",))
    return Document(chat(prompt, tell(author, tale)), wish)


def story_of_drawing(author: Author) -> Document:
    """A drawing, then a story about whom it shows, whose pictures all refer to the drawing or to what came of it."""
    counted = author.chance(0.8)
    tale = replace(draw_tale(author, _count(author, counted)), shown_by="img1", first_id=2)
    drawn = draw(author, tale.character)
    noun = author.pick((tale.character.them, tale.character.them, f"the {tale.character.animal}"))
    turns = chat(
        ask_known(author, drawn),
        caption(author, drawn) + str(drawn.slot()),
        _ask(author, tale, noun, counted=counted),
        tell(author, tale),
    )
    wish = Wish("interleaved", tale.count if counted else None, _told(tale), shown_by=("img1",))
    return Document(turns, wish)


# fmt: off
GO_ON: Final = Wordings(
    (
        "Go on{}",
        "Continue{}",
        "What happens next{}",
        "Tell me more{}",
        "And then{}",
        "Continue the story{}",
        "More{}",
        "Please go on{}",
        "Carry on{}",
        "Proceed{}",
        "Then what{}",
        "What comes after that{}",
        "How does it continue{}",
        "How does the story end{}",
        "Next part{}",
        "What happened then{}",
        "Another chapter{}",
        "Don't stop{}",
        "And after that{}",
        "Tell the rest{}",
        "I want to know more{}",
        "And now{}",
    ),
    ("Keep going{}", "How does it go on{}"),
)
MORE: Final = Wordings((" with {} more {}", ", {} more {}", " in {} more {}", ", draw {} more {}", " using {} more {}", " - {} more {}", ". I want {} more {}"), (", add {} more {}",))
# fmt: on


def sequel(author: Author) -> Document:
    """A story, then more of it: the new pictures refer to the first one of the old."""
    first = draw_tale(author, author.weighted({1: 0.3, 2: 0.5, 3: 0.2}))
    counted = author.chance(0.7)
    tale = replace(
        first,
        count=_count(author, counted),
        home=first.goal or first.home,
        goal=None,
        first_id=first.count + 1,
        shown_by="img1",
        continued=True,
    )
    first, subject = name_subject(author, first)
    tale = replace(tale, character=first.character)
    first_noun, *rest = pictures(author, tale.count).rsplit(" ", 1)
    tail = author.say(MORE).format(first_noun, *rest) if counted else ""
    request = loosely_typed(author, author.say(GO_ON).format(tail) + author.pick((".", "?", "")))
    start = tell(author, first, subject.excuse)
    turns = chat(ask_story(author, first, subject, counted=True), start, request, tell(author, tale))
    wish = Wish("interleaved", tale.count if counted else None, _told(tale), shown_by=_ids(first.count))
    return Document(turns, wish)


def another_story(author: Author) -> Document:
    """A story, then one of somebody else, whose pictures refer to its own first one."""
    first = draw_tale(author, author.weighted({1: 0.4, 2: 0.4, 3: 0.2}))
    animal = author.other(world.ANIMALS, first.character.animal)
    counted = author.chance(0.8)
    tale = replace(draw_tale(author, _count(author, counted), animal), first_id=first.count + 1)
    tale, subject = name_subject(author, tale)
    first, first_subject = name_subject(author, first)
    turns = chat(
        ask_story(author, first, first_subject, counted=True),
        tell(author, first, first_subject.excuse),
        ask_story(author, tale, subject, counted=counted),
        tell(author, tale, subject.excuse),
    )
    return Document(turns, Wish("interleaved", tale.count if counted else None, subject.told, subject.place))


def _ids(count: int) -> tuple[str, ...]:
    return tuple(f"img{index}" for index in range(1, count + 1))
