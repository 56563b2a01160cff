"""Going on, of the corpus: a story, a picture, an edit or a guide, then more of it, once or several times, in text and pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from training import world
from training.planner.corpus.amounts import draw_amount
from training.planner.corpus.author import PRONOUNS, Author, Character, Wordings
from training.planner.corpus.changes import scene_told
from training.planner.corpus.edits import edit_of_drawing
from training.planner.corpus.followups import COUNTS, UNASKED_COUNTS, told_look
from training.planner.corpus.guides import write_guide
from training.planner.corpus.pictures import ask_known, caption, draw
from training.planner.corpus.stories import ask_story
from training.planner.corpus.subjects import name_subject
from training.planner.corpus.tales import Tale, draw_tale, tell
from training.planner.corpus.wordings import loosely_typed, pictures
from training.planner.document import FREE, Bounds, Document, Turn, Wish
from training.planner.language import slots

# fmt: off
GO_ON: Final = Wordings(
    ("Go on{}", "Continue{}", "What happens next{}", "Tell me more{}", "And then{}", "Continue the story{}", "More{}", "Please go on{}", "Carry on{}",
     "Proceed{}", "Then what{}", "What comes after that{}", "How does it continue{}", "How does the story end{}", "Next part{}", "What happened then{}",
     "Another chapter{}", "Don't stop{}", "And after that{}", "Tell the rest{}", "I want to know more{}", "And now{}", "Go on with the story{}",
     "More, please{}", "Please continue{}", "And the next day{}", "And the day after{}", "And tomorrow{}", "What happened the next day{}",
     "What happens after that{}", "What happened next{}", "And what happened after that{}", "Please go on with it{}", "Go on, please{}", "Continue, please{}",
     "Next chapter{}", "The next chapter please{}", "Next page{}", "Write the next part{}", "Tell the next chapter{}", "I want more{}", "I want more of the story{}",
     "Give me more{}", "Tell us more{}", "More of this{}", "More of the story please{}", "Let the story go on{}", "Let's go on{}", "Let us continue{}",
     "Can you go on{}", "Can you continue the story{}", "Could you tell me more{}", "Is there more{}", "Does it go on{}", "And later{}", "And afterwards{}",
     "Make it longer{}", "Add another chapter{}", "One more chapter{}", "Part two{}", "A second part{}", "Now what{}", "So what happened{}", "What now{}",
     "Tell on{}", "Read on{}", "The story should go on{}", "It should not end here{}", "And in the evening{}", "And the next morning{}", "Go on telling{}",
     "Please don't stop{}", "I want to hear the next part{}", "What did they do next{}", "Continue telling{}", "Continue from here{}", "Go on from here{}", "Onwards{}"),
    ("Keep going{}", "How does it go on{}", "What comes next{}", "Please tell the next part{}", "And what then{}", "Could you continue{}",
     "I'd like to hear more{}", "Don't end it here{}", "Another part please{}", "Let me hear the rest{}", "And what happened the day after{}",
     "Please keep telling{}", "Would you go on{}", "What is next{}", "Continue with the story please{}"),
)
PRAISE: Final = Wordings(("", "", "", "", "", "Nice! ", "Great, ", "Lovely. ", "Ok, ", "Thanks! ", "I like it. ", "Wow! "), ("", "", "", "Good. "))
MORE: Final = Wordings(
    (" with {} more {}", ", {} more {}", " in {} more {}", ", draw {} more {}", " using {} more {}", " - {} more {}", ". I want {} more {}"),
    (", add {} more {}",),
)
# fmt: on
LAST: Final = {1: 0.6, 2: 0.25, 3: 0.15}
"""Which time of going on is the last."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told or shown so far, its last tale (of no pictures, where there was none), and the image that shows its character."""

    turns: tuple[Turn, ...]
    tale: Tale
    shown_by: str

    @property
    def drawn(self) -> tuple[str, ...]:
        """The ids of its pictures."""
        return tuple(slot.id for turn in self.turns if turn.role == "assistant" for slot in slots(turn.text))


def sequel(author: Author) -> Document:
    """Something told or shown, then more of it: the new pictures refer to the first one of the old."""
    start = author.weighted({_story: 0.62, _picture: 0.2, _edited: 0.08, _guided: 0.1})(author)
    for _ in range(author.weighted(LAST) - 1):
        start = _gone_on(author, start, author.weighted(UNASKED_COUNTS), asked=None, bounds=FREE)
    amount = draw_amount(author, COUNTS, UNASKED_COUNTS)
    ended = _gone_on(author, start, amount.drawn, asked=amount.asked, bounds=amount.bounds)
    shown_by = start.drawn[start.drawn.index(start.shown_by) :]
    wish = Wish("interleaved", amount.owed, told_look(ended.tale), shown_by=shown_by, goes_on=True)
    return Document(ended.turns, wish if amount.drawn else Wish("text"), amount.bounds)


def _gone_on(author: Author, before: Told, count: int, *, asked: int | None, bounds: Bounds) -> Told:
    old = before.tale
    home = old.goal or old.home
    tale = replace(
        old,
        home=home,
        goal=author.other(world.PLACES, home) if author.chance(0.3) else None,
        thing=author.other(world.THINGS, old.thing),
        sky=None,
        size=None,
        count=count,
        first_id=len(before.drawn) + 1,
        shown_by=before.shown_by,
        continued=True,
        bare=not bounds.has_text,
    )
    tail = ""
    if asked:
        first_noun, *rest = pictures(author, asked).rsplit(" ", 1)
        tail = author.say(MORE).format(first_noun, *rest)
    text = author.say(PRAISE) + author.say(GO_ON).format(tail) + author.pick((".", "?", "", "!"))
    turns = (*before.turns, Turn("user", loosely_typed(author, text)), Turn("assistant", tell(author, tale)))
    return Told(turns, tale, before.shown_by)


def _story(author: Author) -> Told:
    tale = draw_tale(author, author.weighted({1: 0.2, 2: 0.25, 3: 0.25, 4: 0.15, 5: 0.1, 6: 0.05}))
    tale, subject = name_subject(author, replace(tale, bare=author.chance(0.1)))
    asked = tale.count if author.chance(0.6) else None
    request = ask_story(author, tale, subject, asked)
    return Told((Turn("user", request), Turn("assistant", tell(author, tale, subject.excuse))), tale, "img1")


def _picture(author: Author) -> Told:
    drawn = draw(author, author.character())
    turns = (
        Turn("user", ask_known(author, drawn)),
        Turn("assistant", caption(author, drawn) + str(drawn.slot())),
    )
    return Told(turns, _untold(author, drawn.scene), "img1")


def _edited(author: Author) -> Told:
    edit = edit_of_drawing(author)
    while len(edit.turns) > 4 or not slots(edit.answer):
        edit = edit_of_drawing(author)
    return Told(edit.turns, _untold(author, scene_told(slots(edit.answer)[-1].description)), "img2")


def _guided(author: Author) -> Told:
    guide = write_guide(author, None)
    while len(slots(guide.answer)) not in (1, 2, 3, 4):
        guide = write_guide(author, None)
    return Told(guide.turns, _untold(author, scene_told(slots(guide.answer)[-1].description)), "img1")


def _untold(author: Author, scene: world.Scene) -> Tale:
    """A tale of no pictures that ends with this scene: of whom nothing was said but what is shown."""
    they, them, their = author.pick(PRONOUNS)
    character = Character(scene.animal, scene.garment, scene.colour, None, they, them, their)
    return Tale(character, "", scene.place, None, scene.thing, None, 0)
