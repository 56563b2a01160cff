"""Edits of the corpus: of a picture just drawn, of one of several, of an image the user sent, of a picture in a story.

An edit changes what it names and nothing else: the description afterwards is the one before, word for word but for the change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from training import world
from training.planner.corpus.author import Author, Character, Wordings
from training.planner.corpus.changes import Change, change, told_scene
from training.planner.corpus.drawn import Drawn, image_line
from training.planner.corpus.pictures import ask_known, caption, draw
from training.planner.corpus.stories import ask_story
from training.planner.corpus.subjects import name_subject
from training.planner.corpus.tales import bind, draw_tale, pages
from training.planner.corpus.wordings import (
    ANIMAL_NAMES,
    ORDINALS,
    capital,
    loosely_typed,
    pictures,
    place,
    told_pictures,
)
from training.planner.document import NOT_TOLD, Document, Turn, Wish, chat

# fmt: off
OPENERS: Final = Wordings(("", "", "", "Now ", "Now ", "Please ", "Ok, now ", "And now ", "Can you ", "Nice! ", "Great, ", "Next, "), ("", "Lovely. ", "Then ", "So "))
# fmt: on
REPLIES: Final = ("Here you are.", "Done.", "Of course.", "Like this?", "Gladly.")


def request_of(author: Author, change: Change, which: str = "") -> str:
    """The change as a request, naming the picture by `which` where it is not the latest."""
    text = author.say(OPENERS) + change.ask + which
    text = text[0].upper() + text[1:]
    return loosely_typed(author, text + ("?" if text.startswith("Can ") else author.pick((".", "", "!"))))


def answer_edit(author: Author, drawn: Drawn, source: str) -> str:
    """The edited picture, with or without a word."""
    return (author.pick(REPLIES) if author.chance(0.5) else "") + str(drawn.slot((source,)))


def edit_wish(before: Drawn, after: Drawn) -> Wish:
    """What an edit must show: above all the change, which the request names, and everything else as before."""
    old, new = dict(told_scene(before.scene)), dict(told_scene(after.scene))
    named = tuple((key, new.get(key, NOT_TOLD)) for key in sorted(old | new) if old.get(key) != new.get(key))
    return Wish("edit", 1, named, scene=told_scene(after.scene), shown_by=(before.id,))


def edit_of_drawing(author: Author) -> Document:
    """A picture drawn on request, then changed once or many times; each change is one of the latest picture.

    Long chains are there because copying is what an edit consists of and what a small model learns last: each further turn is one
    more description to copy.
    """
    character = author.character()
    drawn = draw(author, character)
    first = ask_known(author, drawn)
    turns = [Turn("user", first), Turn("assistant", caption(author, drawn) + str(drawn.slot()))]
    them = author.pick((character.them, character.them, f"the {character.animal}"))
    before = drawn
    for index in range(2, 2 + author.weighted({1: 0.35, 2: 0.2, 3: 0.13, 4: 0.1, 6: 0.1, 9: 0.07, 12: 0.05})):
        changed = change(author, drawn.scene, them)
        after = Drawn(f"img{index}", changed.scene, drawn.style)
        turns += [
            Turn("user", request_of(author, changed)),
            Turn("assistant", answer_edit(author, after, drawn.id)),
        ]
        before, drawn = drawn, after
    return Document(tuple(turns), edit_wish(before, drawn))


AGAIN: Final = (
    "Again",
    "Draw it again",
    "The same once more",
    "Once more please",
    "Show me that again",
    "Repeat it",
    "Another one just like it",
    "The same picture again",
)


def drawn_again(author: Author) -> Document:
    """A picture, asked for again as it is: once or more often."""
    drawn = draw(author, author.character())
    turns = [
        Turn("user", ask_known(author, drawn)),
        Turn("assistant", caption(author, drawn) + str(drawn.slot())),
    ]
    before = drawn
    for index in range(2, 2 + author.pick((1, 1, 2, 4, 8))):
        before, drawn = drawn, replace(drawn, id=f"img{index}")
        turns += [
            Turn("user", loosely_typed(author, author.pick(AGAIN) + ".")),
            Turn("assistant", answer_edit(author, drawn, before.id)),
        ]
    return Document(tuple(turns), edit_wish(before, drawn))


def edit_of_image(author: Author) -> Document:
    """Edit of an image the user sent, with what it shows told in the prompt, or only named by the request."""
    character = author.character()
    known = author.chance(0.6)
    # What a person says of an image is mostly less than a description tells.
    loosely = known and author.chance(0.3)
    drawn = draw(author, character, "in1")
    names = ANIMAL_NAMES[character.animal]
    them = author.pick((character.them, f"the {character.animal}")) if known else f"the {author.pick(names)}"
    exactly = known and not loosely
    changed = change(author, drawn.scene, them, known=exactly)
    while not known and not any(word in changed.ask for word in names):
        changed = change(author, drawn.scene, them, known=False)
    after = Drawn("img1", changed.scene, drawn.style if exactly else author.rng.getrandbits(32))
    shown = _said_of(author, character, drawn) if loosely else drawn.description
    prompt = image_line("in1", shown if known else None) + request_of(author, changed)
    wish = edit_wish(drawn, after)
    return Document(
        chat(prompt, answer_edit(author, after, "in1")), wish if exactly else replace(wish, scene=())
    )


def _said_of(author: Author, character: Character, drawn: Drawn) -> str:
    """What a person may say of an image: the animal, at times its clothes and the place."""
    noun = author.pick(ANIMAL_NAMES[character.animal])
    worn = f" {author.pick(('with', 'wearing', 'in'))} {character.wearing}" if character.wearing else ""
    where = f" {place(author, drawn.scene.place)}" if author.chance(0.4) else ""
    said = author.pick((world.with_article(noun), f"my {noun}", f"a photo of {world.with_article(noun)}"))
    return author.pick((str, capital))(f"{said}{worn}{where}") + author.pick(("", "."))


def edit_of_one_image(author: Author) -> Document:
    """Edit of one of several images the user sent; the request says which, by its animal, its number or its place in the row."""
    animals = author.rng.sample(world.ANIMALS, author.pick((2, 2, 3)))
    images = [
        draw(author, author.character(animal), f"in{index}") for index, animal in enumerate(animals, start=1)
    ]
    index = author.rng.randrange(len(images))
    drawn = images[index]
    by_animal = author.chance(0.5)
    changed = change(author, drawn.scene, f"the {drawn.scene.animal}" if by_animal else "it")
    which = (
        ""
        if by_animal
        else author.pick(
            (f" in the {ORDINALS[index + 1]} image", f" in image {index + 1}", f" in {drawn.id}")
        )
    )
    if by_animal and drawn.scene.animal not in changed.ask:
        which = f" in the picture of the {drawn.scene.animal}"
    after = Drawn("img1", changed.scene, drawn.style)
    prompt = "".join(image_line(image.id, image.description) for image in images) + request_of(
        author, changed, which
    )
    return Document(chat(prompt, answer_edit(author, after, drawn.id)), edit_wish(drawn, after))


def edit_of_earlier(author: Author) -> Document:
    """Edit of one picture out of several that an earlier turn made; without a word it is the last."""
    count = author.weighted({2: 0.55, 3: 0.35, 4: 0.1})
    character = author.character()
    images = [draw(author, character, f"img{index}") for index in range(1, count + 1)]
    parts = [
        author.pick(("Here are {}.", "{} for you.", "You get {}.")).format(told_pictures(count)).capitalize()
    ]
    parts += [f"The {ORDINALS[i + 1]}:{image.slot(('img1',) if i else ())}" for i, image in enumerate(images)]
    index = author.rng.randrange(count)
    last = index == count - 1
    name = author.pick(("last", "latest") if last and author.chance(0.5) else (ORDINALS[index + 1],))
    which = author.pick(
        (
            f" in the {name} picture",
            f" in the {name} one",
            f" in picture {index + 1}",
            f" in {images[index].id}",
            f", in the {name} image",
        )
    )
    changed = change(author, images[index].scene, character.them)
    after = Drawn(f"img{count + 1}", changed.scene, images[index].style)
    request = request_of(author, changed, "" if last and author.chance(0.4) else which)
    worn = f" with {character.wearing}" if character.wearing else ""
    first = f"Draw {pictures(author, count)} of {world.with_article(character.animal)}{worn}."
    turns = chat(first, "\n".join(parts), request, answer_edit(author, after, images[index].id))
    return Document(turns, edit_wish(images[index], after))


def edit_in_story(author: Author) -> Document:
    """A story, then a change to one of its pictures."""
    tale, subject = name_subject(author, draw_tale(author, author.weighted({1: 0.2, 2: 0.4, 3: 0.3, 4: 0.1})))
    index = author.rng.randrange(tale.count)
    tale_pages = pages(author, tale)
    answer = bind(author, tale, tale_pages, subject.excuse)
    picked = tale_pages[index].drawn
    name = author.pick(
        (
            f" in the {ORDINALS[index + 1]} picture",
            f" in picture {index + 1}",
            f" in {picked.id}",
            f" in the {ORDINALS[index + 1]} one",
        )
    )
    if index == tale.count - 1:
        name = author.pick((name, " in the last picture", ""))
    changed = change(author, picked.scene, tale.character.them)
    after = Drawn(f"img{tale.count + 1}", changed.scene, picked.style)
    request = ask_story(author, tale, subject, tale.count)
    edited = answer_edit(author, after, picked.id)
    return Document(
        chat(request, answer, request_of(author, changed, name), edited), edit_wish(picked, after)
    )
