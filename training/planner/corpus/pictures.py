"""Pictures of the corpus without a story: one drawn from a request, or several of one character."""

from __future__ import annotations

from typing import Final

from training import world
from training.planner.corpus.amounts import draw_amount
from training.planner.corpus.author import Author, Character, Wordings
from training.planner.corpus.drawn import Drawn
from training.planner.corpus.subjects import (
    STRANGE_PLACE,
    Subject,
    excuse_animal,
    name_clothes,
    name_friend,
    strangeness,
)
from training.planner.corpus.wordings import (
    ANIMAL_NAMES,
    FAR_PLACES,
    ORDINALS,
    SIZE_WISHES,
    SKY_WISHES,
    STRANGERS,
    adjective,
    capital,
    loosely_typed,
    pictures,
    place,
    told_pictures,
)
from training.planner.document import Bounds, Document, Wish, chat
from training.planner.language import Slot

# fmt: off
DRAW: Final = Wordings(
    ("Draw", "Draw", "Draw me", "Paint", "Paint me", "Sketch", "Show me", "A picture of", "Show me a picture of", "Make a picture of",
     "I want a picture of", "Can you draw", "Please draw", "Make an image of", "Give me a picture of", "Create an image of",
     "Could you draw me", "I'd like a drawing of", "Generate an image of", "One picture of", "Generate a picture:", "An image of",
     "Just one picture of", "A drawing of", "I would like to see", "Can I see", "Design", "Please show me", "Render", "Depict", "Doodle", "Visualise",
     "Produce a picture of", "Could you paint", "I wish to see", "Make me a drawing of", "Give us an image of", "Will you draw", "Get me a picture of",
     "Imagine", "Picture this:", "Sketch me", "Please make a drawing of", "I'd love a picture of", "A sketch of", "A portrait of", "Photo of", "Print",
     "A single image of", "Try to draw", "Let us see", "May I see", "We want a picture of", "Drawing:", "Image:", "Next draw", "Display", "An illustration of", "A pic of", "A scene of",
     "Make a painting of", "I want a painting of", "Give me a painting of", "A single painting of", "A picture showing", "One drawing of"),
    ("Illustrate", "Please paint", "I need an image of", "Let me see", "Would you draw", "A painting of"),
)
IN_WORDS: Final = ("In words:", "Told in words:", "Without a picture:")
ONE: Final = ("Here is your picture.", "Here is one picture.", "One picture for you.", "You get one picture.")
CAPTIONS: Final = ("Here is {a_animal}.", "Here you are.", "Here is your picture.", "Of course.", "Gladly.")
GALLERY_COUNTS: Final = {2: 0.25, 3: 0.3, 4: 0.2, 5: 0.12, 6: 0.13}
# fmt: on


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
        request += author.pick(
            (". Make it {}", ", {} please", " ({})", ". The picture should be {}", ", {} format")
        ).format(author.say(SIZE_WISHES[size]))
    request += (
        "?"
        if request.startswith(("Can", "Could", "Would", "Will", "May"))
        else author.pick((".", ".", "", "!"))
    )
    answer = (
        excuse + str(drawn.slot(size=size)) if excuse else caption(author, drawn) + str(drawn.slot(size=size))
    )
    return Document(chat(loosely_typed(author, request), answer), wish)


def ask_picture(author: Author, character: Character, drawn: Drawn) -> tuple[str, Wish, str]:
    """A request for this picture, the wish it states, and an excuse where it names what the world lacks."""
    scene = drawn.scene
    strange = author.say(STRANGERS) if author.chance(0.07 * strangeness(author)) else None
    noun = strange or author.pick(ANIMAL_NAMES[scene.animal])
    attributes = () if strange else (("animal", scene.animal),)
    worn = name_clothes(author, character)
    text = world.with_article(f"{adjective(author)} {noun}" if author.chance(0.2) else noun) + worn.text
    if author.chance(0.2):
        text += f" {scene.pose}"
    far = author.say(FAR_PLACES) if author.chance(0.04 * strangeness(author)) else None
    shown_place = scene.place if author.chance(0.6) and not far else None
    friend = name_friend(author, scene.animal) if not strange and author.chance(0.5) else Subject("")
    text += friend.text
    text += f" {far}" if far else f" {place(author, scene.place)}" if shown_place else ""
    if author.chance(0.25):
        text += f" {author.say(SKY_WISHES[scene.sky])}"
    if author.chance(0.3):
        text += author.pick((" with {}", " next to {}", " and {}", " beside {}", ", with {} nearby")).format(
            world.with_article(scene.thing)
        )
    if author.chance(0.1):
        text += f" {author.pick(world.AT_POSITION[scene.position])}"
    wish = Wish("picture", 1, attributes + worn.told, shown_place)
    excuse = excuse_animal(author, scene.animal) if strange else worn.excuse or friend.excuse
    excuse = STRANGE_PLACE if far and not excuse else excuse
    return f"{author.say(DRAW)} {text}", wish, excuse


def caption(author: Author, drawn: Drawn) -> str:
    """A few words before a picture, or none."""
    return (
        author.pick(CAPTIONS).format(a_animal=world.with_article(drawn.scene.animal))
        if author.chance(0.5)
        else ""
    )


def gallery(author: Author) -> Document:
    """A request for several pictures of one character, which each show it elsewhere."""
    amount = draw_amount(author, GALLERY_COUNTS, GALLERY_COUNTS)
    while amount.asked is None:
        amount = draw_amount(author, GALLERY_COUNTS, GALLERY_COUNTS)
    character = author.character()
    subject = world.with_article(author.pick(ANIMAL_NAMES[character.animal]))
    attributes = [("animal", character.animal)]
    if character.wearing and (author.held_out or author.chance(0.5)):
        subject += f" {author.pick(('wearing', 'with', 'in'))} {character.wearing}"
        attributes += [("garment", character.garment), ("colour", character.colour)]
    fixed_place = author.pick(world.PLACES) if author.chance(0.35) else None
    where = (
        f" {place(author, fixed_place)}"
        if fixed_place
        else author.pick(("", "", " in different places", " in several places"))
    )
    verb = author.say(
        Wordings(
            (
                "Draw",
                "Draw me",
                "Show me",
                "Make",
                "Paint",
                "I want",
                "Give me",
                "Please draw",
                "Create",
                "Can you draw",
                "I would like",
                "Render",
                "Sketch",
                "Could you paint",
                "Let us see",
                "I'd love",
                "Produce",
                "Now draw",
            ),
            ("Illustrate", "Let me see"),
        )
    )
    request = f"{verb} {pictures(author, amount.asked)} of {subject}{where}{author.pick(('.', '', '!'))}"
    scenes = [
        author.scene(character, fixed_place or author.pick(world.PLACES)) for _ in range(amount.drawn or 1)
    ]
    shown = [
        Slot(f"img{index}", world.describe(scene, author.rng), ("img1",) if index > 1 else ())
        for index, scene in enumerate(scenes, start=1)
    ]
    turns = chat(loosely_typed(author, request), show(author, shown, amount.bounds))
    if not amount.drawn:
        return Document(turns, Wish("text"), amount.bounds)
    return Document(turns, Wish("interleaved", amount.owed, tuple(attributes), fixed_place), amount.bounds)


def show(author: Author, slots: list[Slot], bounds: Bounds, said: str = "") -> str:
    """Pictures of one character, counted and numbered, within bounds; `said` comes before them.

    Where no pictures may be, the first is told in words.
    """
    if bounds.most == 0:
        return f"{said} {author.pick(IN_WORDS)} {slots[0].description}".strip()
    if not bounds.has_text:
        return "".join(map(str, slots))
    if len(slots) == 1:
        return f"{said or author.pick(ONE)}{slots[0]}"
    lead = capital(
        author.pick(("Here are {}.", "{} for you.", "You get {}.")).format(told_pictures(len(slots)))
    )
    numbered = [f"The {ORDINALS[index]}:{slot}" for index, slot in enumerate(slots, start=1)]
    return "\n".join([f"{said} {lead}".strip(), *numbered])


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
    worn = (
        "" if scene.garment == "none" else f" with {world.WEARING[scene.garment].format(colour=scene.colour)}"
    )
    where = f" {place(author, scene.place)}" if author.chance(0.5) else ""
    return loosely_typed(author, f"{author.say(DRAW)} {world.with_article(scene.animal)}{worn}{where}.")
