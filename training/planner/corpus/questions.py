"""Questions of the corpus about pictures that are there, answered in words."""

from __future__ import annotations

from typing import Final

from training import world
from training.planner.corpus.author import Author, Wordings
from training.planner.corpus.drawn import Drawn, image_line
from training.planner.corpus.pictures import ask_known, caption, draw
from training.planner.corpus.stories import ask_story
from training.planner.corpus.subjects import name_subject
from training.planner.corpus.tales import Page, Tale, bind, draw_tale, pages
from training.planner.corpus.wordings import NUMBERS, ORDINALS, loosely_typed
from training.planner.document import Document, Turn, Wish, chat

SKY_ANSWERS: Final = {
    "day": "It is a sunny day.",
    "sunset": "It is sunset.",
    "night": "It is night.",
    "rain": "It is raining.",
}

# fmt: off
LOOK: Final = Wordings(("what is {they} wearing", "what does {they} wear", "what are {their} clothes"), ("what does {they} have on",))
COLOUR: Final = Wordings(("what colour is the {garment}", "which colour is {their} {garment}", "what color is {their} {garment}"), ("of what colour is the {garment}",))
WHERE: Final = Wordings(("where is {they}", "where is the {animal}", "in which place is {they}"), ("at which place is {they}",))
SKY: Final = Wordings(("what is the weather like", "is it day or night", "what time of day is it", "is it raining"), ("how is the weather",))
POSE: Final = Wordings(("what is {they} doing", "is {they} sitting or standing"), ("what does {they} do",))
THING: Final = Wordings(("what is next to {them}", "what thing is near {them}", "what else is there"), ("what is beside {them}",))
ANIMAL: Final = Wordings(("which animal is it", "what animal is that", "who is that"), ("what kind of animal is it",))
# fmt: on


def question(author: Author, scene: world.Scene, pronouns: tuple[str, str, str]) -> tuple[str, str]:
    """A question about a picture and its answer, in one short sentence."""
    they, them, their = pronouns
    worn = scene.garment != "none"
    kind = author.pick(
        ("look", "colour", "where", "where", "sky", "pose", "thing", "animal")
        if worn
        else ("look", "where", "sky", "pose", "thing", "animal")
    )
    is_are = "are" if scene.garment == "boots" else "is"
    capital = they.capitalize()
    wearing = world.WEARING[scene.garment].format(colour=scene.colour) if worn else "nothing special"
    wordings, answer = {
        "look": (LOOK, f"{capital} is wearing {wearing}."),
        "colour": (COLOUR, f"The {scene.garment} {is_are} {scene.colour}."),
        "where": (WHERE, f"{capital} is {world.AT_PLACE[scene.place][0]}."),
        "sky": (SKY, SKY_ANSWERS[scene.sky]),
        "pose": (POSE, f"{capital} is {scene.pose}."),
        "thing": (THING, f"There is {world.with_article(scene.thing)}."),
        "animal": (ANIMAL, f"It is {world.with_article(scene.animal)}."),
    }[kind]
    asked = author.say(wordings).format(
        they=they, them=them, their=their, garment=scene.garment, animal=scene.animal
    )
    if scene.garment == "boots":
        asked = asked.replace("colour is", "colour are").replace("color is", "color are")
    return asked, answer


def _asked(author: Author, text: str) -> str:
    return loosely_typed(author, text[0].upper() + text[1:] + "?")


def question_on_drawing(author: Author) -> Document:
    """A drawing, then one question or two about it."""
    character = author.character()
    drawn = draw(author, character)
    turns = [
        Turn("user", ask_known(author, drawn)),
        Turn("assistant", caption(author, drawn) + str(drawn.slot())),
    ]
    for _ in range(author.pick((1, 2))):
        asked, answer = question(author, drawn.scene, (character.they, character.them, character.their))
        turns += [Turn("user", _asked(author, asked)), Turn("assistant", answer)]
    return Document(tuple(turns), Wish("text"))


def question_on_image(author: Author) -> Document:
    """A question about an image of the user, of which the prompt tells what it shows, or nothing."""
    character = author.character()
    drawn = draw(author, character, "in1")
    asked, answer = question(author, drawn.scene, (character.they, character.them, character.their))
    if author.chance(0.25):
        asked = author.pick(
            ("what do you see", "describe my picture", "what is in the picture", "what is this", asked)
        )
        return Document(
            chat(
                image_line("in1") + _asked(author, asked), "Nobody told me what your image shows. What is it?"
            ),
            Wish("text"),
        )
    if author.chance(0.3):
        asked, answer = (
            author.pick(("what do you see", "describe my picture", "what is in the picture", "what is this")),
            drawn.description,
        )
    return Document(chat(image_line("in1", drawn.description) + _asked(author, asked), answer), Wish("text"))


def question_on_story(author: Author) -> Document:
    """A story, then a question about one of its pictures, its name or its length."""
    tale, subject = name_subject(author, draw_tale(author, author.weighted({1: 0.25, 2: 0.45, 3: 0.3})))
    told_pages = pages(author, tale)
    request = ask_story(author, tale, subject, tale.count)
    answer = bind(author, tale, told_pages, subject.excuse)
    asked, reply = _about_story(author, tale, told_pages)
    return Document(chat(request, answer, _asked(author, asked), reply), Wish("text"))


def _about_story(author: Author, tale: Tale, told_pages: list[Page]) -> tuple[str, str]:
    character = tale.character
    kind = author.pick(("picture", "picture", "picture", "length", "name"))
    if kind == "length":
        asked = author.pick(
            (
                "how many pictures are there",
                "how many pictures did you draw",
                "how many pictures has the story",
            )
        )
        return asked, f"There {'is' if tale.count == 1 else 'are'} {NUMBERS[tale.count]}."
    if kind == "name" and character.name:
        return author.pick(
            (f"what is the {character.animal} called", f"what is the name of the {character.animal}")
        ), f"{character.they.capitalize()} is called {character.name}."
    index = author.rng.randrange(tale.count)
    picked: Drawn = told_pages[index].drawn
    asked, answer = question(author, picked.scene, (character.they, character.them, character.their))
    which = author.pick((f" in the {ORDINALS[index + 1]} picture", f" in picture {index + 1}"))
    return asked + (
        " in the last picture" if index == tale.count - 1 and author.chance(0.4) else which
    ), answer
