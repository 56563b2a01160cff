"""Images of the corpus that show what the world lacks, or nobody knows what: the answer says so before anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from training import world
from training.planner.corpus.amounts import draw_amount
from training.planner.corpus.author import PRONOUNS, Author, Wordings
from training.planner.corpus.changes import change
from training.planner.corpus.drawn import Drawn, image_line
from training.planner.corpus.edits import edit_wish, request_of
from training.planner.corpus.followups import COUNTS, UNASKED_COUNTS
from training.planner.corpus.pictures import draw, show
from training.planner.corpus.tales import draw_tale, tell
from training.planner.corpus.wordings import (
    FAR_PLACES,
    PLURALS,
    STRANGERS,
    capital,
    coined,
    loosely_typed,
    pictures,
    place,
    unheard,
)
from training.planner.document import FREE, Bounds, Document, Wish, chat

# fmt: off
OBJECTS: Final = Wordings(
    ("car", "house", "table", "chair", "bus", "tree", "bicycle", "phone", "cup", "plane", "lamp", "bed", "bridge", "tower", "door", "window", "shoe", "bag",
     "book", "clock", "guitar", "piano", "cake", "apple", "pizza", "banana", "laptop", "computer", "rocket", "ship", "tractor", "fence", "garden", "street",
     "mountain bike", "statue", "painting", "flag", "wall", "kitchen", "office", "man", "woman", "baby", "person", "face", "crowd", "team", "logo", "chart",
     "map", "letter", "sign", "product", "bottle of milk", "plate", "spoon", "sofa", "carpet", "mirror", "dress", "shirt", "jacket", "ring", "watch", "camera",
     "television", "robot arm", "engine", "wheel", "road", "river", "lake", "waterfall", "cloud", "planet", "moon", "star", "sandwich", "salad", "egg"),
    ("motorbike", "couch", "bottle", "lorry", "teapot", "castle", "helicopter", "violin", "desk", "skyscraper", "burger", "van"),
)
LIKE: Final = ("red", "blue", "green", "yellow", "old", "new", "big", "small", "white", "black", "nice", "brown", "grey", "shiny", "wooden", "pink", "tall")
SHOWN: Final = Wordings(
    ("{a_noun}", "{A_noun}.", "a {like} {noun}", "A {like} {noun}.", "my {noun}", "a photo of {a_noun}", "A photo of a {like} {noun}.", "{a_noun} {far}",
     "A {like} {noun} {far}.", "the {noun}", "picture of my {noun}", "{a_noun} {place}", "our {like} {noun}", "a {like} {noun} {place}", "two {noun}s"),
    ("a picture of {a_noun}", "this is my {noun}", "one {like} {noun}"),
)
ALTER: Final = Wordings(
    ("Make the {noun} {colour}", "Paint the {noun} {colour}", "Turn the {noun} {colour}", "Make it {colour}", "Change the colour of the {noun} to {colour}",
     "The {noun} should be {colour}", "Move the {noun} {place}", "Put the {noun} {place}", "Remove the {noun}", "Make the {noun} bigger", "Draw this {noun} {place}",
     "Draw the {noun} at night", "Show the {noun} in the rain", "Put {worn} on the {noun}", "Give the {noun} {worn}", "Change the {noun}", "Draw this {noun} again",
     "Draw my {noun}", "Colour the {noun} {colour}", "Make this {noun} look older", "A {colour} {noun} please", "I want the {noun} in {colour}", "Take the {noun} away",
     "Let it rain on the {noun}", "Put a flower on the {noun}", "Can you make the {noun} {colour}?", "Please paint the {noun} {colour}", "Replace the {noun}", "Edit the {noun}"),
    ("Could you make the {noun} {colour}?", "Recolour the {noun} in {colour}", "Draw the {noun} {place}", "Have the {noun} {place}"),
)
ASK: Final = Wordings(("What do you see?", "What is this?", "Describe the {noun}", "What colour is the {noun}?", "Whose {noun} is this?", "Do you like my {noun}?"), ("Describe my picture",))
TELL: Final = Wordings(("Tell a story about this {noun}{tail}", "Tell me a story about the {noun}{tail}", "A story about my {noun}{tail}", "Use the {noun} in a story{tail}", "Write a tale about it{tail}"),
                       ("Please make up a story around the {noun}{tail}",))
# fmt: on
_KNOWN: Final = f"{', '.join(list(PLURALS.values())[:-1])} and {PLURALS['mouse']}"
SORRY: Final = (
    f"I am sorry, that is outside my small world. I know {_KNOWN}.",
    f"I am sorry, I cannot draw that. I only know {_KNOWN}.",
    f"Sorry, my small world has nothing like that, only {_KNOWN}.",
)
INSTEAD: Final = (
    "I am sorry, that is outside my small world, so here comes {a_animal}.",
    "I am sorry, I cannot draw that, so let me take {a_animal}.",
    "Sorry, my small world has nothing like that, so I take {a_animal}.",
)
UNKNOWN: Final = "Nobody told me what your image shows. What is it?"


def strange_edit(author: Author) -> Document:
    """A change to, or a question about, an image of what the world lacks; what bounds owe all the same shows an animal and says so."""
    noun = _noun(author)
    asks = author.chance(0.15)
    text = author.say(ASK if asks else ALTER).format(
        noun=noun,
        colour=author.pick(world.COLOURS),
        place=place(author, author.pick(world.PLACES)),
        worn=world.WEARING[author.pick(list(world.WEARING))].format(colour=author.pick(world.COLOURS)),
    )
    is_named = noun in text
    prompt = _image(author, noun, known=author.chance(0.6) or not is_named) + loosely_typed(author, text)
    kinds = {"free": 0.62, "none": 0.08, "exact": 0.18, "bare": 0.12}
    kind = author.weighted(kinds)
    if kind in ("free", "none"):
        bounds = FREE if kind == "free" else Bounds(0, 0)
        return Document(chat(prompt, author.pick(SORRY)), Wish("text", is_strange=True), bounds)
    count = author.weighted({1: 0.6, 2: 0.15, 3: 0.1, 4: 0.1, 6: 0.05})
    bounds = Bounds(count, count, has_text=kind == "exact")
    character = author.character()
    shown = [
        draw(author, character, f"img{index}").slot(("img1",) if index > 1 else ())
        for index in range(1, count + 1)
    ]
    said = author.pick(INSTEAD).format(a_animal=world.with_article(character.animal))
    wish = Wish("interleaved", count, is_strange=bounds.has_text)
    return Document(chat(prompt, show(author, shown, bounds, said)), wish, bounds)


def strange_hero(author: Author) -> Document:
    """A story about what the world lacks, of which there is an image: an animal takes its place, and the answer says so first."""
    noun = _noun(author)
    amount = draw_amount(author, COUNTS, UNASKED_COUNTS)
    tale = replace(draw_tale(author, amount.drawn), bare=not amount.bounds.has_text)
    tail = f" with {pictures(author, amount.asked)}" if amount.asked else ""
    text = loosely_typed(author, author.say(TELL).format(noun=noun, tail=tail) + ".")
    said = author.pick(INSTEAD).format(a_animal=world.with_article(tale.character.animal))
    prompt = _image(author, noun, known=author.chance(0.6) or noun not in text.lower()) + text
    wish = Wish("interleaved", amount.owed) if tale.count else Wish("text")
    wish = replace(wish, is_strange=amount.bounds.has_text)
    return Document(chat(prompt, tell(author, tale, said)), wish, amount.bounds)


def edit_of_unknown(author: Author) -> Document:
    """A change to an image of which nothing is known, not even an animal's name: a question, unless a picture is owed."""
    drawn = draw(author, author.character(), "in1")
    changed = change(author, drawn.scene, author.pick([them for _, them, _ in PRONOUNS]), known=False)
    after = Drawn("img1", changed.scene, author.rng.getrandbits(32))
    prompt = image_line("in1") + request_of(author, changed)
    kind = author.weighted({"free": 0.45, "exact": 0.15, "bare": 0.4})
    if kind == "free":
        return Document(chat(prompt, UNKNOWN), Wish("text"))
    bounds = Bounds(1, 1, has_text=kind == "exact")
    wish = replace(edit_wish(drawn, after), scene=())
    return Document(chat(prompt, show(author, [after.slot(("in1",))], bounds)), wish, bounds)


def _noun(author: Author) -> str:
    if unheard(author, 0.15):
        return coined(author)
    return author.say(OBJECTS if author.chance(0.6) else STRANGERS)


def _image(author: Author, noun: str, *, known: bool) -> str:
    if not known:
        return image_line("in1")
    a_noun = world.with_article(noun)
    shown = author.say(SHOWN).format(
        noun=noun,
        a_noun=a_noun,
        A_noun=capital(a_noun),
        like=author.pick(LIKE),
        far=author.say(FAR_PLACES),
        place=place(author, author.pick(world.PLACES)),
    )
    return image_line("in1", shown)
