"""Tales: a character with a home and a quest, written as pages of a text and a picture each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from training import world
from training.planner.corpus import beats
from training.planner.corpus.author import Author, Character
from training.planner.corpus.drawn import Drawn
from training.planner.corpus.wordings import adjective, capital, told_pictures

BEATS_IN_WORDS: Final = 3
"""Beats of a tale without pictures, one less after an excuse."""


@dataclass(frozen=True, slots=True)
class Tale:
    """What a story is about. `goal` is a place to reach, or None where the character looks for `thing` and comes home.

    `first_id` numbers its first picture in the conversation; `shown_by` is the image that already shows the character; a
    `continued` tale goes on with one told before. A tale of no pictures is told in words, a `bare` one in pictures alone.
    """

    character: Character
    adjective: str
    home: str
    goal: str | None
    thing: str
    sky: str | None
    count: int
    size: tuple[int, int] | None = None
    first_id: int = 1
    shown_by: str | None = None
    continued: bool = False
    bare: bool = False

    @property
    def noun(self) -> str:
        """`little fox`; where nothing is known of what it is like, `fox`."""
        return f"{self.adjective} {self.character.animal}".strip()

    @property
    def who(self) -> str:
        """What the text calls the character once it is known."""
        return self.character.name or f"the {self.noun}"


def draw_tale(author: Author, count: int, animal: str | None = None) -> Tale:
    """A tale with everything chosen."""
    home = author.pick(world.PLACES)
    goal = author.other(world.PLACES, home) if author.chance(0.5) else None
    sky = author.pick(world.SKIES) if author.chance(0.2) else None
    character = author.character(animal)
    return Tale(character, adjective(author), home, goal, author.pick(world.THINGS), sky, count)


@dataclass(frozen=True, slots=True)
class Page:
    """A beat of a tale: its text, and the picture below it."""

    text: str
    drawn: Drawn


def pages(author: Author, tale: Tale) -> list[Page]:
    """The beats of the tale, in order."""
    result, here = [], tale.home
    for index, beat in enumerate(beats.BEATS[tale.count]):
        template, here, sky = _beat(author, tale, beat, here)
        text = _write(author, tale, template, here)
        scene = _scene(author, tale, text, beat, here, sky)
        result.append(Page(text, Drawn(f"img{tale.first_id + index}", scene, author.rng.getrandbits(32))))
    return result


def tell(author: Author, tale: Tale, excuse: str = "") -> str:
    """The answer: a lead that restates the count, then a text and a picture for each beat; or words alone, or pictures alone."""
    if tale.count:
        return bind(author, tale, pages(author, tale), excuse)
    lead = excuse or ("" if tale.continued else author.pick(beats.WORDS_LEADS))
    return f"{lead} {tell_in_words(author, tale, BEATS_IN_WORDS - bool(excuse))}".strip()


def bind(author: Author, tale: Tale, tale_pages: list[Page], excuse: str = "") -> str:
    """The answer made of these pages; its first picture refers to what shows the character, the others to the first."""
    slots = [
        page.drawn.slot((f"img{tale.first_id}",) if index else _shown(tale), tale.size)
        for index, page in enumerate(tale_pages)
    ]
    if tale.bare:
        return "".join(map(str, slots))
    lead = capital(
        author.pick(beats.MORE_LEADS if tale.continued else beats.LEADS).format(
            pictures=told_pictures(tale.count)
        )
    )
    if excuse:
        lead = f"{excuse} {lead}"
    lines = [lead, *(f"{page.text}{slot}" for page, slot in zip(tale_pages, slots, strict=True))]
    closing = [author.pick(beats.CLOSINGS)] if author.chance(0.3) else []
    return "\n".join(lines + closing)


def _shown(tale: Tale) -> tuple[str, ...]:
    return (tale.shown_by,) if tale.shown_by else ()


def tell_in_words(author: Author, tale: Tale, count: int) -> str:
    """The tale without a picture, in so many beats."""
    here, texts = tale.home, []
    for beat in beats.BEATS[count]:
        template, here, _ = _beat(author, tale, beat, here)
        texts.append(_write(author, tale, template, here))
    return " ".join(texts)


def _beat(author: Author, tale: Tale, beat: str, here: str) -> tuple[str, str, str | None]:
    """The wording of a beat, where it happens, and its sky if the wording tells one."""
    match beat:
        case "only":
            return (
                author.pick(beats.ONLY_AGAIN if tale.continued else beats.ONLY),
                tale.goal or tale.home,
                None,
            )
        case "meet":
            return author.pick(beats.AGAIN if tale.continued else beats.MEET), tale.home, None
        case "go" | "see":
            return (
                author.pick(beats.MIDDLE[beat]),
                author.other([spot for spot in world.PLACES if spot != tale.goal], here),
                None,
            )
        case "problem":
            sky = author.pick(list(beats.STORM)) if tale.sky is None and author.chance(0.5) else None
            there = (
                author.other([spot for spot in world.PLACES if spot != tale.goal], here)
                if author.chance(0.5)
                else here
            )
            return author.pick(beats.STORM[sky] if sky else beats.MIDDLE["problem"]), there, sky
        case "find":
            there = tale.goal or author.other([spot for spot in world.PLACES if spot != tale.home], here)
            return author.pick(beats.FIND_PLACE if tale.goal else beats.FIND_THING), there, None
        case "end":
            return author.pick(beats.ARRIVED if tale.goal else beats.HOME), tale.goal or tale.home, None
        case _:
            return author.pick(beats.MIDDLE[beat]), here, None


def _write(author: Author, tale: Tale, template: str, here: str) -> str:
    character, at = tale.character, author.pick(world.AT_PLACE[here])
    longed = f"dreamed of {_the(tale.goal)}" if tale.goal else f"wished for {world.with_article(tale.thing)}"
    words = {
        "who": tale.who, "they": character.they, "a_noun": world.with_article(tale.noun), "at": at, "longed": longed,
        "a_thing": world.with_article(tale.thing),
    }  # fmt: skip
    capitals = {capital(key): capital(word) for key, word in words.items()}
    named = f" named {character.name}" if character.name else ""
    text = template.format(
        **words, **capitals, named=named, them=character.them, their=character.their, thing=tale.thing
    )
    return capital(text)


def _the(place_name: str) -> str:
    return f"the {place_name}"


def _scene(author: Author, tale: Tale, text: str, beat: str, here: str, sky: str | None) -> world.Scene:
    scene = author.scene(tale.character, here, sky or tale.sky)
    scene = replace(scene, pose=pose_told(text) or scene.pose)
    return replace(scene, thing=tale.thing) if tale.goal is None and beat in ("find", "end") else scene


def pose_told(text: str) -> str | None:
    """The pose that a beat's text tells, if it tells one."""
    if "jump" in text.lower():
        return "jumping"
    if any(word in text for word in ("sat ", "sit ", "rest", "nap ")):
        return "sitting"
    return "standing" if "stood " in text or "Stand " in text else None
