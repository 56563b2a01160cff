"""What a request is about: how much of a tale its words name, and a kind excuse where they name what the world lacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from training import world
from training.planner.corpus.author import Author, Character, Wordings
from training.planner.corpus.tales import Tale
from training.planner.corpus.wordings import (
    ANIMAL_NAMES,
    FAR_COLOURS,
    FAR_GARMENTS,
    FAR_PLACES,
    PLURALS,
    SKY_WISHES,
    STRANGERS,
    coined,
    place,
    place_name,
    unheard,
)

# fmt: off
QUESTS: Final = Wordings(
    ("who finds {goal}", "who finds {goal}", "that finds {goal}", "who wants to see {goal}", "looking for {goal}",
     "who travels to {goal}", "on the way to {goal}", "who dreams of {goal}", "who goes to {goal}", "that walks to {goal}",
     "who visits {goal}", "and {goal}", "who heads for {goal}", "who runs to {goal}", "who hopes to see {goal}", "who comes to {goal}", "exploring {goal}",
     "on a trip to {goal}", "who moves to {goal}", "travelling to {goal}", "that explores {goal}", "who misses {goal}", "who loves {goal}", "who looks for {goal}",
     "who wishes to reach {goal}", "who leaves for {goal}", "walking to {goal}"),
    ("searching for {goal}", "who sets out for {goal}", "who discovers {goal}", "who longs to see {goal}"),
)
THING_QUESTS: Final = Wordings(
    ("who finds {thing}", "who wants {thing}", "looking for {thing}", "who dreams of {thing}", "and {thing}", "who gets {thing}",
     "who has lost {thing}", "that finds {thing}", "with {thing}", "who hopes for {thing}", "who sees {thing}", "who loves {thing}", "who looks for {thing}",
     "that needs {thing}", "who wishes for {thing}", "who keeps {thing}"),
    ("searching for {thing}", "who longs for {thing}"),
)
UNHEARD_QUESTS: Final = ("who {verb} {goal}", "who {verb} to {goal}", "{verb} for {goal}", "that {verb} {goal}", "{verb} {goal}")
THEMES: Final = Wordings(
    ("friendship", "being brave", "sharing", "courage", "a long way home", "animals", "the weather", "being kind", "bedtime",
     "a lost toy", "a surprise", "something nice", "anything you like", "a birthday", "hope", "patience", "growing up", "love", "home", "a long day",
     "a small adventure", "a journey", "family", "good friends", "winter", "holidays", "finding your way", "a rainy afternoon", "saying sorry", "a new start"),
    ("trust", "a big adventure", "helping others"),
)
STRANGE: Final = (
    "I have never drawn that, but I know {plural} well.", "I cannot draw that yet, so let me take {a_animal}.",
    "I do not know what that looks like, so here comes {a_animal}.",
)
ALONE: Final = "My pictures have room for one, so this is about the {animal} alone."
STRANGE_PLACE: Final = "I have never been there, so this happens in a place I know."
# fmt: on


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about, in words; what those words name; and an excuse if the world lacks something they name."""

    text: str
    told: tuple[tuple[str, str], ...] = ()
    place: str | None = None
    excuse: str = ""


def name_subject(author: Author, tale: Tale) -> tuple[Tale, Subject]:
    """Choose how much of the tale the request names; what it does not name may stay as drawn."""
    kind = author.weighted({"animal": 0.85, "stranger": 0.09 * strangeness(author), "theme": 0.06})
    if kind == "theme":
        return tale, Subject(author.say(THEMES))
    character = tale.character
    told, excuse = (("animal", character.animal),), ""
    noun = author.pick(ANIMAL_NAMES[character.animal])
    if kind == "stranger":
        noun, told = author.say(STRANGERS), ()
        excuse = excuse_animal(author, character.animal)
    text = world.with_article(f"{tale.adjective} {noun}" if author.chance(0.4) else noun)
    if character.name and author.chance(0.55):
        text += author.pick(
            (" named {}", " called {}", ", {},", " whose name is {}", " with the name {}")
        ).format(character.name)
    elif character.name and author.chance(0.5):
        tale = replace(tale, character=replace(character, name=None))
    worn = name_clothes(author, character)
    friend = name_friend(author, character.animal)
    tale, setting = name_setting(author, tale)
    subject = Subject(
        text + worn.text + friend.text + setting.text,
        told + worn.told,
        setting.place,
        excuse or worn.excuse or friend.excuse or setting.excuse,
    )
    return tale, subject


def name_clothes(author: Author, character: Character) -> Subject:
    """What the request says of the clothes: at times all, at times a colour or a garment that the world lacks."""
    if not character.wearing or not (author.held_out or author.chance(0.35)):
        return Subject("")
    verb = author.pick((" wearing", " with", " in", " who wears", " that has"))
    if unheard(author, 0.015):
        colour = author.say(FAR_COLOURS)
        wearing = character.wearing.replace(character.colour, colour)
        excuse = f"I do not have that colour, so I take {character.colour}."
        return Subject(f"{verb} {wearing}", (("garment", character.garment),), excuse=excuse)
    if unheard(author, 0.015):
        garment = author.say(FAR_GARMENTS)
        return Subject(
            f"{verb} {garment}", excuse=f"I cannot draw such clothes, so I take {character.wearing}."
        )
    return Subject(
        f"{verb} {character.wearing}", (("garment", character.garment), ("colour", character.colour))
    )


def name_friend(author: Author, animal: str) -> Subject:
    """A second figure, which no picture has room for: the answer leaves it out and says so."""
    if not author.chance(0.06):
        return Subject("")
    friend = author.say(STRANGERS) if author.chance(0.2) else author.other(world.ANIMALS, animal)
    joined = author.pick(
        (
            " and {}",
            " and {}",
            " who meets {}",
            " and the friend of it, {}",
            " and a friend, {}",
            " with {}",
            " who helps {}",
        )
    )
    excuse = ALONE.format(animal=animal)
    return Subject(joined.format(world.with_article(friend)), excuse=excuse)


def name_setting(author: Author, tale: Tale) -> tuple[Tale, Subject]:
    """What the request says of sky, place and quest; words that start with a space, or none."""
    sky = f" {author.say(SKY_WISHES[tale.sky])}" if tale.sky and author.chance(0.7) else ""
    if author.chance(0.05 * strangeness(author)):
        far = author.say(FAR_PLACES)
        return tale, Subject(f"{sky} {far}", excuse=STRANGE_PLACE)
    if author.chance(0.27):
        return tale, Subject(sky)
    if tale.goal and author.chance(0.75):
        quest = author.pick(UNHEARD_QUESTS) if unheard(author, 0.15) else author.say(QUESTS)
        words = quest.format(goal=place_name(author, tale.goal), verb=coined(author))
        return tale, Subject(f"{sky} {words}", place=tale.goal)
    if tale.goal is None and author.chance(0.35):
        return tale, Subject(f"{sky} {author.say(THING_QUESTS).format(thing=world.with_article(tale.thing))}")
    living = author.pick(("", "", "", "who lives ", "that lives ", "living "))
    # A tale of one picture shows its goal, so one whose home is named has none.
    tale = replace(tale, goal=None) if tale.count == 1 else tale
    return tale, Subject(f"{sky} {living}{place(author, tale.home)}", place=tale.home)


def strangeness(author: Author) -> float:
    """How much of what it might ask for and the world lacks an author does: what is excused often is soon excused where it is known."""
    return 1.0 if author.held_out else 0.5


def excuse_animal(author: Author, animal: str) -> str:
    """Kindly say that the world has no such creature, and who comes in its place; a small model had better not repeat its name."""
    return author.pick(STRANGE).format(plural=PLURALS[animal], a_animal=world.with_article(animal))
