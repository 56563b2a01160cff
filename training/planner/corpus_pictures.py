"""Pictures of the corpus without a story: one drawn from a request, several of one character, and edits.

An edit changes what it names and nothing else: the description afterwards is the one before, word for word but for the change.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from training import world
from training.planner.author import PRONOUNS, Author, Character, Wordings
from training.planner.corpus_stories import excuse_animal, excuse_place, name_clothes
from training.planner.document import Document, Turn, Wish, chat
from training.planner.drawn import Drawn
from training.planner.language import Slot, told
from training.planner.wordings import (
    ADJECTIVES,
    ANIMAL_NAMES,
    FAR_PLACES,
    ORDINALS,
    SIZE_WISHES,
    SKY_WISHES,
    STRANGERS,
    loosely_typed,
    pictures,
    place,
    told_pictures,
)

DRAW: Final = Wordings(
    ("Draw", "Draw", "Draw me", "Paint", "Paint me", "Sketch", "Show me", "A picture of", "Show me a picture of", "Make a picture of",
     "I want a picture of", "Can you draw", "Please draw", "Make an image of", "Give me a picture of", "Create an image of",
     "Could you draw me", "I'd like a drawing of", "Generate an image of", "One picture of", "Generate a picture:", "An image of",
     "Just one picture of", "A drawing of", "I would like to see", "Can I see", "Design", "Please show me"),
    ("Illustrate", "Please paint", "I need an image of", "Let me see", "Would you draw", "A painting of"),
)  # fmt: skip
CAPTIONS: Final = ("Here is {a_animal}.", "Here you are.", "Here is your picture.", "Of course.", "Gladly.")


def draw(author: Author, character: Character, image_id: str = "img1") -> Drawn:
    """A picture of the character, the rest drawn anew."""
    scene = author.scene(character, author.pick(world.PLACES))
    return Drawn(image_id, scene, author.rng.getrandbits(32))


def picture(author: Author) -> Document:
    """A request for one picture, and the picture, with or without a word."""
    character = author.character()
    drawn = draw(author, character)
    request, wish, excuse = ask_picture(author, character, drawn)
    size = author.pick(list(SIZE_WISHES)) if author.chance(0.12) else None
    if size:
        request += author.pick((". Make it {}", ", {} please", " ({})", ". The picture should be {}", ", {} format")).format(
            author.say(SIZE_WISHES[size])
        )
    request += "?" if request.startswith(("Can", "Could", "Would")) else author.pick((".", ".", "", "!"))
    answer = excuse + str(drawn.slot(size=size)) if excuse else caption(author, drawn) + str(drawn.slot(size=size))
    return Document(chat(loosely_typed(author, request), answer), wish)


def ask_picture(author: Author, character: Character, drawn: Drawn) -> tuple[str, Wish, str]:
    """A request for this picture, the wish it states, and an excuse where it names what the world lacks."""
    scene = drawn.scene
    strange = author.say(STRANGERS) if author.chance(0.07) else None
    noun = strange or author.pick(ANIMAL_NAMES[scene.animal])
    attributes = () if strange else (("animal", scene.animal),)
    worn = name_clothes(author, character)
    text = world.with_article(f"{author.say(ADJECTIVES)} {noun}" if author.chance(0.2) else noun) + worn.text
    if author.chance(0.2):
        text += f" {scene.pose}"
    far = author.say(FAR_PLACES) if author.chance(0.04) else None
    shown_place = scene.place if author.chance(0.6) and not far else None
    text += f" {far}" if far else f" {place(author, scene.place)}" if shown_place else ""
    if author.chance(0.25):
        text += f" {author.say(SKY_WISHES[scene.sky])}"
    if author.chance(0.3):
        text += author.pick((" with {}", " next to {}", " and {}", " beside {}", ", with {} nearby")).format(world.with_article(scene.thing))
    if author.chance(0.1):
        text += f" {author.pick(world.AT_POSITION[scene.position])}"
    wish = Wish("picture", 1, attributes + worn.told, shown_place)
    excuse = excuse_animal(author, strange, scene.animal) if strange else excuse_place(far) if far else worn.excuse
    return f"{author.say(DRAW)} {text}", wish, excuse


def caption(author: Author, drawn: Drawn) -> str:
    """A few words before a picture, or none."""
    return author.pick(CAPTIONS).format(a_animal=world.with_article(drawn.scene.animal)) if author.chance(0.5) else ""


def gallery(author: Author) -> Document:
    """A request for several pictures of one character, which each show it elsewhere."""
    count = author.weighted({2: 0.25, 3: 0.3, 4: 0.2, 5: 0.12, 6: 0.13})
    character = author.character()
    subject = world.with_article(author.pick(ANIMAL_NAMES[character.animal]))
    attributes = [("animal", character.animal)]
    if character.wearing and (author.held_out or author.chance(0.5)):
        subject += f" {author.pick(('wearing', 'with', 'in'))} {character.wearing}"
        attributes += [("garment", character.garment), ("colour", character.colour)]
    fixed_place = author.pick(world.PLACES) if author.chance(0.35) else None
    where = f" {place(author, fixed_place)}" if fixed_place else author.pick(("", "", " in different places", " in several places"))
    verb = author.say(Wordings(("Draw", "Draw me", "Show me", "Make", "Paint", "I want", "Give me", "Please draw", "Create", "Can you draw", "I would like"), ("Illustrate", "Let me see")))
    request = f"{verb} {pictures(author, count)} of {subject}{where}{author.pick(('.', '', '!'))}"
    parts = [author.pick(("Here are {}.", "{} for you.", "You get {}.")).format(told_pictures(count)).capitalize()]
    for index in range(count):
        scene = author.scene(character, fixed_place or author.pick(world.PLACES))
        slot = Slot(world.describe(scene, author.rng), ("img1",) if index else ())
        parts.append(f"The {ORDINALS[index + 1]}:{slot}")
    wish = Wish("interleaved", count, tuple(attributes), fixed_place)
    return Document(chat(loosely_typed(author, request), "\n".join(parts)), wish)


# Edits.


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a picture: how it is asked for, and the scene afterwards."""

    ask: str
    scene: world.Scene


GIVE: Final = Wordings(
    ("give {them} {worn}", "put {worn} on {them}", "now with {worn}", "let {them} wear {worn}", "{they} should wear {worn}",
     "add {worn}", "dress {them} in {worn}", "change it to {worn}", "can {they} wear {worn}", "I want {them} in {worn}"),
    ("make {them} wear {worn}", "let us see {them} with {worn}"),
)  # fmt: skip
TAKE_OFF: Final = Wordings(
    ("take off {their} {garment}", "remove the {garment}", "without the {garment}", "no {garment} please", "take away {their} {garment}"),
    ("get rid of the {garment}", "leave out the {garment}"),
)
RECOLOUR: Final = Wordings(
    ("make the {garment} {colour}", "paint the {garment} {colour}", "the {garment} should be {colour}", "a {colour} {garment} instead",
     "change the {garment} to {colour}", "{their} {garment} in {colour}"),
    ("turn the {garment} {colour}", "I'd prefer the {garment} in {colour}"),
)  # fmt: skip
MOVE: Final = Wordings(
    ("move {them} {place}", "the same {place}", "put {them} {place}", "now {place}", "but {place}", "show {them} {place}",
     "place {them} {place}", "make it {place}", "let {them} be {place}", "take {them} to a spot {place}"),
    ("bring {them} over, {place}", "have {them} {place} instead"),
)  # fmt: skip
RELIGHT: Final = {
    "day": Wordings(("make it day", "make it a sunny day", "now in the daytime", "let the sun shine", "in daylight"), ("turn it into a bright day",)),
    "sunset": Wordings(("make it sunset", "at sunset", "now in the evening", "let the sun go down", "make it dusk"), ("turn it into a sunset",)),
    "night": Wordings(("make it night", "at night", "now with stars", "make it dark", "let it be night"), ("turn it into night",)),
    "rain": Wordings(("make it rain", "let it rain", "in the rain", "now with rain", "make it rainy"), ("turn it into a rainy day",)),
}
REPOSE: Final = {
    "standing": Wordings(("let {them} stand", "make {them} stand up", "{they} should stand", "standing please"), ("have {them} stand",)),
    "sitting": Wordings(("let {them} sit", "make {them} sit down", "{they} should sit", "sitting please"), ("have {them} sit",)),
    "jumping": Wordings(("let {them} jump", "make {them} jump", "{they} should jump", "jumping please"), ("have {them} jump",)),
}
SHIFT: Final = Wordings(
    ("move {them} {position}", "put {them} {position}", "{them} {position} please", "place {them} {position}"), ("have {them} {position}",)
)
SWAP: Final = Wordings(
    ("with {thing} instead of the {old}", "swap the {old} for {thing}", "replace the {old} with {thing}", "{thing} instead of the {old}",
     "change the {old} into {thing}", "turn the {old} into {thing}"),
    ("exchange the {old} for {thing}",),
)  # fmt: skip
CHANGES: Final = {"garment": 0.36, "place": 0.18, "sky": 0.16, "pose": 0.1, "position": 0.06, "thing": 0.14}


def change(author: Author, scene: world.Scene, them: str, *, known: bool = True) -> Change:
    """A change of one attribute. `them` is a pronoun or a noun; an old value is named only where it is `known`."""
    they, _, their = next((row for row in PRONOUNS if row[1] == them), (them, them, f"{them}'s"))
    while True:
        attribute = author.weighted(CHANGES)
        if attribute == "garment":
            asked, changed = _dress(author, scene, known=known)
        elif attribute == "thing" and not known:
            continue
        else:
            asked, changed = _alter(author, scene, attribute)
        if author.may_show(changed.animal, changed.garment, changed.colour) and told_scene(changed) != told_scene(scene):
            return Change(asked.replace("{them}", them).replace("{they}", they).replace("{their}", their), changed)


def _dress(author: Author, scene: world.Scene, *, known: bool) -> tuple[str, world.Scene]:
    if scene.garment != "none" and known and author.chance(0.25):
        return author.say(TAKE_OFF).replace("{garment}", scene.garment), replace(scene, garment="none")
    if scene.garment != "none" and known and author.chance(0.35):
        colour = author.other(world.COLOURS, scene.colour)
        return author.say(RECOLOUR).replace("{garment}", scene.garment).replace("{colour}", colour), replace(scene, colour=colour)
    garment, colour = author.pick(list(world.WEARING)), author.pick(world.COLOURS)
    worn = world.WEARING[garment].format(colour=colour)
    return author.say(GIVE).replace("{worn}", worn), replace(scene, garment=garment, colour=colour)


def _alter(author: Author, scene: world.Scene, attribute: str) -> tuple[str, world.Scene]:
    match attribute:
        case "place":
            there = author.other(world.PLACES, scene.place)
            return author.say(MOVE).replace("{place}", place(author, there)), replace(scene, place=there)
        case "sky":
            sky = author.other(world.SKIES, scene.sky)
            return author.say(RELIGHT[sky]), replace(scene, sky=sky)
        case "pose":
            pose = author.other(world.POSES, scene.pose)
            return author.say(REPOSE[pose]), replace(scene, pose=pose)
        case "position":
            position = author.other(world.POSITIONS, scene.position)
            where = author.pick(world.AT_POSITION[position])
            return author.say(SHIFT).replace("{position}", where), replace(scene, position=position)
        case _:
            thing = author.other(world.THINGS, scene.thing)
            ask = author.say(SWAP).replace("{old}", scene.thing).replace("{thing}", world.with_article(thing))
            return ask, replace(scene, thing=thing)


def told_scene(scene: world.Scene) -> tuple[tuple[str, str], ...]:
    """The scene's told attributes, in the form in which a description's are read back."""
    return tuple(sorted(told(world.describe(scene, random.Random(0))).items()))


OPENERS: Final = Wordings(("", "", "", "Now ", "Now ", "Please ", "Ok, now ", "And now ", "Can you ", "Nice! ", "Great, ", "Next, "), ("", "Lovely. ", "Then ", "So "))
REPLIES: Final = ("Here you are.", "Done.", "Of course.", "Like this?", "Gladly.")


def request_of(author: Author, change: Change, which: str = "") -> str:
    """The change as a request, naming the picture by `which` where it is not the latest."""
    text = author.say(OPENERS) + change.ask + which
    text = text[0].upper() + text[1:]
    return loosely_typed(author, text + ("?" if text.startswith("Can ") else author.pick((".", "", "!"))))


def answer_edit(author: Author, drawn: Drawn, source: str) -> str:
    """The edited picture, with or without a word."""
    return (author.pick(REPLIES) if author.chance(0.5) else "") + str(drawn.slot((source,)))


def edit_wish(drawn: Drawn, source: str) -> Wish:
    """What an edit of the image `source` must show."""
    return Wish("edit", 1, scene=told_scene(drawn.scene), shown_by=(source,))


def edit_of_drawing(author: Author) -> Document:
    """A picture drawn on request, then changed once to three times; each change is one of the latest picture."""
    character = author.character()
    drawn = draw(author, character)
    first = ask_known(author, drawn)
    turns = [Turn("user", first), Turn("assistant", caption(author, drawn) + str(drawn.slot()))]
    them = author.pick((character.them, character.them, f"the {character.animal}"))
    wish = edit_wish(drawn, drawn.id)
    for index in range(2, 2 + author.weighted({1: 0.6, 2: 0.3, 3: 0.1})):
        changed = change(author, drawn.scene, them)
        after = Drawn(f"img{index}", changed.scene, drawn.style)
        wish = edit_wish(after, drawn.id)
        turns += [Turn("user", request_of(author, changed)), Turn("assistant", answer_edit(author, after, drawn.id))]
        drawn = after
    return Document(tuple(turns), wish)


def another_picture(author: Author) -> Document:
    """A picture, then one of another animal, which refers to nothing."""
    first = draw(author, author.character())
    character = author.character(author.other(world.ANIMALS, first.scene.animal))
    drawn = draw(author, character, "img2")
    request, wish, excuse = ask_picture(author, character, drawn)
    start = caption(author, first) + str(first.slot())
    answer = (excuse or caption(author, drawn)) + str(drawn.slot())
    opener = author.pick(("Now ", "", "And ", "Next, ", "Then "))
    request = opener + (request[0].lower() + request[1:] if opener else request)
    return Document(chat(ask_known(author, first), start, loosely_typed(author, request + "."), answer), wish)


def ask_known(author: Author, drawn: Drawn) -> str:
    """A plain request for this picture that names nothing strange."""
    scene = drawn.scene
    worn = "" if scene.garment == "none" else f" with {world.WEARING[scene.garment].format(colour=scene.colour)}"
    where = f" {place(author, scene.place)}" if author.chance(0.5) else ""
    return loosely_typed(author, f"{author.say(DRAW)} {world.with_article(scene.animal)}{worn}{where}.")


def image_line(image_id: str, description: str | None = None) -> str:
    """How a user's image stands at the start of the user's turn."""
    return f"[image {image_id}: {description}]\n" if description else f"[image {image_id}]\n"


def edit_of_image(author: Author) -> Document:
    """Edit of an image the user sent, with what it shows told in the prompt, or only named by the request."""
    character = author.character()
    known = author.chance(0.6)
    drawn = draw(author, character, "in1")
    them = f"the {author.pick(ANIMAL_NAMES[character.animal])}" if not known else author.pick((character.them, f"the {character.animal}"))
    changed = change(author, drawn.scene, them, known=known)
    after = Drawn("img1", changed.scene, drawn.style if known else author.rng.getrandbits(32))
    request = request_of(author, changed)
    while not known and character.animal not in request.lower() and not any(word in request for word in ANIMAL_NAMES[character.animal]):
        changed = change(author, drawn.scene, them, known=known)
        after = Drawn("img1", changed.scene, after.style)
        request = request_of(author, changed)
    prompt = image_line("in1", drawn.description if known else None) + request
    wish = edit_wish(after, "in1") if known else replace(edit_wish(after, "in1"), scene=())
    return Document(chat(prompt, answer_edit(author, after, "in1")), wish)


def edit_of_one_image(author: Author) -> Document:
    """Edit of one of several images the user sent; the request says which, by its animal, its number or its place in the row."""
    animals = author.rng.sample(world.ANIMALS, author.pick((2, 2, 3)))
    images = [draw(author, author.character(animal), f"in{index}") for index, animal in enumerate(animals, start=1)]
    index = author.rng.randrange(len(images))
    drawn = images[index]
    by_animal = author.chance(0.5)
    changed = change(author, drawn.scene, f"the {drawn.scene.animal}" if by_animal else "it")
    which = "" if by_animal else author.pick((f" in the {ORDINALS[index + 1]} image", f" in image {index + 1}", f" in {drawn.id}"))
    if by_animal and drawn.scene.animal not in changed.ask:
        which = f" in the picture of the {drawn.scene.animal}"
    after = Drawn("img1", changed.scene, drawn.style)
    prompt = "".join(image_line(image.id, image.description) for image in images) + request_of(author, changed, which)
    return Document(chat(prompt, answer_edit(author, after, drawn.id)), edit_wish(after, drawn.id))


def edit_of_earlier(author: Author) -> Document:
    """Edit of one picture out of several that an earlier turn made; without a word it is the last."""
    count = author.weighted({2: 0.55, 3: 0.35, 4: 0.1})
    character = author.character()
    images = [draw(author, character, f"img{index}") for index in range(1, count + 1)]
    parts = [author.pick(("Here are {}.", "{} for you.", "You get {}.")).format(told_pictures(count)).capitalize()]
    parts += [f"The {ORDINALS[i + 1]}:{image.slot(('img1',) if i else ())}" for i, image in enumerate(images)]
    index = author.rng.randrange(count)
    last = index == count - 1
    name = author.pick(("last", "latest") if last and author.chance(0.5) else (ORDINALS[index + 1],))
    which = author.pick((f" in the {name} picture", f" in the {name} one", f" in picture {index + 1}", f", in the {name} image"))
    changed = change(author, images[index].scene, character.them)
    after = Drawn(f"img{count + 1}", changed.scene, images[index].style)
    request = request_of(author, changed, "" if last and author.chance(0.4) else which)
    worn = f" with {character.wearing}" if character.wearing else ""
    first = f"Draw {pictures(author, count)} of {world.with_article(character.animal)}{worn}."
    turns = chat(first, "\n".join(parts), request, answer_edit(author, after, images[index].id))
    return Document(turns, edit_wish(after, images[index].id))
