"""Illustrated stories of the corpus: a request, and a tale with an arc whose beats follow from how many pictures it has.

Which beats a tale of n pictures has is fixed (`BEATS`), so that the model counts by knowing where in the arc it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from training import world
from training.planner.author import Author, Character, Wordings
from training.planner.document import Document, Wish, chat
from training.planner.drawn import Drawn
from training.planner.wordings import (
    ADJECTIVES,
    ANIMAL_NAMES,
    FAR_COLOURS,
    FAR_GARMENTS,
    FAR_PLACES,
    MOST_PICTURES,
    NUMBERS,
    PLACE_NAMES,
    SIZE_WISHES,
    SKY_WISHES,
    STRANGERS,
    loosely_typed,
    number,
    pictures,
    place,
    told_pictures,
)

BEATS: Final = {
    1: ("only",),
    2: ("meet", "end"),
    3: ("meet", "problem", "end"),
    4: ("meet", "go", "problem", "end"),
    5: ("meet", "go", "problem", "find", "end"),
    6: ("meet", "go", "see", "problem", "find", "end"),
    7: ("meet", "go", "see", "problem", "help", "find", "end"),
    8: ("meet", "go", "see", "rest", "problem", "help", "find", "end"),
}
COUNTS: Final = {1: 0.09, 2: 0.16, 3: 0.19, 4: 0.17, 5: 0.14, 6: 0.13, 7: 0.06, 8: 0.06}
UNASKED_COUNTS: Final = {3: 0.5, 4: 0.35, 5: 0.15}


@dataclass(frozen=True, slots=True)
class Tale:
    """What a story is about. `goal` is a place to reach, or None where the character looks for `thing` and comes home.

    `friend` is a second animal, which the text meets and no picture shows. `first_id` numbers its first picture in the
    conversation; `shown_by` is the image that already shows the character; a `continued` tale goes on with one told before.
    """

    character: Character
    adjective: str
    home: str
    goal: str | None
    thing: str
    sky: str | None
    count: int
    size: tuple[int, int] | None = None
    friend: str | None = None
    first_id: int = 1
    shown_by: str | None = None
    continued: bool = False

    @property
    def noun(self) -> str:
        """`little fox`."""
        return f"{self.adjective} {self.character.animal}"

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
    return Tale(character, author.say(ADJECTIVES), home, goal, author.pick(world.THINGS), sky, count)


# The request.

VERBS: Final = Wordings(
    ("Tell me", "Tell", "Write", "Write me", "Make", "Make me", "Give me", "Create", "I want", "I would like", "I'd love",
     "Can you tell me", "Could you write", "Please tell me", "Show me", "Please make", "Can I have", "Tell us", "Please write",
     "We want", "Please do", "Draw", "Draw me", "Could you tell us", "I need", "How about", "Let's have", "Invent", "Think of", "Would you tell me"),
    ("Compose", "Please come up with", "Let me hear", "Would you make me", "Please give us", "Narrate", "I wish for"),
)
NOUNS: Final = Wordings(
    ("a story", "a story", "a tale", "a short story", "a picture story", "a bedtime story", "a picture book", "a little story",
     "an illustrated story", "a fairy tale", "an adventure", "a comic", "a storybook", "a sweet story", "a good night story",
     "a story with pictures", "a tale with pictures", "the story", "the tale"),
    ("an illustrated tale", "a small story", "a lovely story", "a picture tale", "a fable"),
)
TAILS: Final = Wordings(
    (" with {pics}", " with {pics}", ", with {pics}", " in {pics}", " in {pics}", " using {pics}", ", {pics} please",
     " ({pics})", ". It should have {pics}", ". Use {pics}", ". I want exactly {pics}", " told in {pics}", " and draw {pics}",
     ". Illustrate it with {pics}", ". {pics}", ", {pics}", " - {pics}", " and {pics}", " with exactly {pics}", ", in {pics}",
     ". Please add {pics}", " plus {pics}", " for which you draw {pics}", ". Draw {pics} for it"),
    (" that has {pics}", ". I'd like {pics} with it", ". Make it {pics} long", " spread over {pics}", " with {pics} in it",
     " made of {pics}", ". There should be {pics}", " accompanied by {pics}"),
)
FORMS: Final = Wordings(
    ("{verb} {noun} about {subject}{tail}",) * 5
    + ("{verb} {noun} of {subject}{tail}", "{Noun} about {subject}{tail}", "{verb} {noun} in {pics} about {subject}",
       "{verb} {noun} with {pics} about {subject}", "{verb} a {n}-picture story about {subject}", "{Pics} about {subject}",
       "Make {pics} that tell {noun} about {subject}", "{verb} {noun}{tail} about {subject}", "{Subject}: {noun}{tail}",
       "{verb} {noun} starring {subject}{tail}", "{Noun} with {pics} about {subject}", "A story about {subject}{tail}",
       "{verb} a {n}-panel comic about {subject}", "{verb} a {n}-part story about {subject}", "{verb} {noun} about {subject} in {n} parts",
       "{verb} {noun} about {subject}, with {n} pages", "{verb} a story in {n} scenes about {subject}", "{n} pictures about {subject}",
       "{subject}, {pics}", "{Pics} that tell of {subject}", "{verb} {noun} for which you draw {pics}. It is about {subject}"),
    ("{verb} {noun} featuring {subject}{tail}", "With {pics}, tell {noun} about {subject}", "{verb} {noun} on {subject}{tail}",
     "{verb} {noun} about {subject}{tail}", "{Noun}{tail}, about {subject}"),
)
ASIDES: Final = Wordings(
    ("It is for my {age} year old daughter.", "My son is {age}.", "My kids are {age} and they love stories.", "Hello!", "Hi.",
     "It is bedtime.", "Please.", "Thank you!", "I have {age} minutes.", "Keep it short.", "Make it nice.", "Surprise me.",
     "For {age} children.", "Thanks.", "Not too scary please."),
    ("My niece is {age} years old.", "Good evening.", "Be gentle."),
)
QUESTS: Final = Wordings(
    ("who finds {goal}", "who finds {goal}", "that finds {goal}", "who wants to see {goal}", "looking for {goal}",
     "who travels to {goal}", "on the way to {goal}", "who dreams of {goal}", "who goes to {goal}", "that walks to {goal}",
     "who visits {goal}", "and {goal}"),
    ("searching for {goal}", "who sets out for {goal}", "who discovers {goal}", "who longs to see {goal}"),
)
THING_QUESTS: Final = Wordings(
    ("who finds {thing}", "who wants {thing}", "looking for {thing}", "who dreams of {thing}", "and {thing}", "who gets {thing}",
     "who has lost {thing}", "that finds {thing}", "with {thing}"),
    ("searching for {thing}", "who longs for {thing}"),
)  # fmt: skip
THEMES: Final = Wordings(
    ("friendship", "being brave", "sharing", "courage", "a long way home", "animals", "the weather", "being kind", "bedtime",
     "a lost toy", "a surprise", "something nice", "anything you like", "a birthday", "hope", "patience", "growing up"),
    ("trust", "a big adventure", "helping others"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about, in words; what those words name; and an excuse if the world lacks something they name."""

    text: str
    told: tuple[tuple[str, str], ...] = ()
    place: str | None = None
    excuse: str = ""


def name_subject(author: Author, tale: Tale) -> tuple[Tale, Subject]:
    """Choose how much of the tale the request names; what it does not name may stay as drawn."""
    kind = author.weighted({"animal": 0.85, "stranger": 0.09, "theme": 0.06})
    if kind == "theme":
        return tale, Subject(author.say(THEMES))
    character = tale.character
    told, excuse = (("animal", character.animal),), ""
    noun = author.pick(ANIMAL_NAMES[character.animal])
    if kind == "stranger":
        noun, told = author.say(STRANGERS), ()
        excuse = excuse_animal(author, noun, character.animal)
    text = world.with_article(f"{tale.adjective} {noun}" if author.chance(0.4) else noun)
    if character.name and author.chance(0.55):
        text += author.pick((" named {}", " called {}", ", {},", " whose name is {}", " with the name {}")).format(character.name)
    elif character.name and author.chance(0.5):
        tale = replace(tale, character=replace(character, name=None))
    worn = name_clothes(author, character)
    tale, friend = _name_friend(author, tale)
    tale, setting = name_setting(author, tale)
    subject = Subject(
        text + worn.text + friend + setting.text, told + worn.told, setting.place, excuse or worn.excuse or setting.excuse
    )
    return tale, subject


def name_clothes(author: Author, character: Character) -> Subject:
    """What the request says of the clothes: at times all, at times a colour or a garment that the world lacks."""
    if not character.wearing or not (author.held_out or author.chance(0.35)):
        return Subject("")
    verb = author.pick((" wearing", " with", " in", " who wears", " that has"))
    if not author.held_out and author.chance(0.06):
        colour = author.say(FAR_COLOURS)
        wearing = character.wearing.replace(character.colour, colour)
        excuse = f"I have no {colour} paint, so I take {character.colour}."
        return Subject(f"{verb} {wearing}", (("garment", character.garment),), excuse=excuse)
    if not author.held_out and author.chance(0.06):
        garment = author.say(FAR_GARMENTS)
        return Subject(f"{verb} {garment}", excuse=f"I cannot draw {garment}, so I take {character.wearing}.")
    return Subject(f"{verb} {character.wearing}", (("garment", character.garment), ("colour", character.colour)))


def _name_friend(author: Author, tale: Tale) -> tuple[Tale, str]:
    if not author.chance(0.05):
        return tale, ""
    friend = author.other(world.ANIMALS, tale.character.animal)
    joined = author.pick((" and {}", " who meets {}", " and the friend of it, {}", " and a friend, {}"))
    return replace(tale, friend=friend), joined.format(world.with_article(friend))


def name_setting(author: Author, tale: Tale) -> tuple[Tale, Subject]:
    """What the request says of sky, place and quest; words that start with a space, or none."""
    sky = f" {author.say(SKY_WISHES[tale.sky])}" if tale.sky and author.chance(0.7) else ""
    if author.chance(0.05):
        far = author.say(FAR_PLACES)
        return tale, Subject(f"{sky} {far}", excuse=excuse_place(far))
    if author.chance(0.27):
        return tale, Subject(sky)
    if tale.goal and author.chance(0.75):
        return tale, Subject(f"{sky} {author.say(QUESTS).format(goal=author.say(PLACE_NAMES[tale.goal]))}", place=tale.goal)
    if tale.goal is None and author.chance(0.35):
        return tale, Subject(f"{sky} {author.say(THING_QUESTS).format(thing=world.with_article(tale.thing))}")
    living = author.pick(("", "", "", "who lives ", "that lives ", "living "))
    # A tale of one picture shows its goal, so one whose home is named has none.
    tale = replace(tale, goal=None) if tale.count == 1 else tale
    return tale, Subject(f"{sky} {living}{place(author, tale.home)}", place=tale.home)


STRANGE: Final = (
    "I have never drawn {strange}, but I know {plural} well.", "I cannot draw {strange} yet, so let me take {a_animal}.",
    "I do not know {strange}, so here comes {a_animal}.",
)  # fmt: skip
PLURALS: Final = {animal: {"mouse": "mice", "fox": "foxes"}.get(animal, f"{animal}s") for animal in world.ANIMALS}


def excuse_animal(author: Author, stranger: str, animal: str) -> str:
    """Kindly say that the world has no such creature, and who comes in its place."""
    return author.pick(STRANGE).format(
        strange=world.with_article(stranger), plural=PLURALS[animal], a_animal=world.with_article(animal)
    )


def excuse_place(far: str) -> str:
    """Kindly say that the world has no such place. `far` has its preposition."""
    return f"I have never been {far}, so this happens in a place I know."


def ask_story(author: Author, tale: Tale, subject: Subject, *, counted: bool) -> str:
    """The request for this tale; it says how many pictures if `counted`."""
    verb, noun = author.say(VERBS), author.say(NOUNS)
    pics = pictures(author, tale.count)
    if tale.size:
        wish = author.say(SIZE_WISHES[tale.size])
        first, *rest = pics.rsplit(" ", 1)
        pics = " ".join((first, wish, *rest))
    while True:
        form = author.say(FORMS)
        if counted or ("pics" not in form.lower() and "{n}" not in form):
            break
    tail = author.say(TAILS).format(pics=pics) if counted and "pics" not in form.lower() and "{n}" not in form else ""
    if "Pics" in tail or (tale.size and not counted):
        tail += f". Make the pictures {author.say(SIZE_WISHES[tale.size])}" if tale.size else ""
    elif tale.size and "{n}" in form:
        form += f", {author.say(SIZE_WISHES[tale.size])}"
    text = form.format(
        verb=verb, noun=noun, Noun=_capital(noun), subject=subject.text, Subject=_capital(subject.text), tail=tail, pics=pics,
        Pics=_capital(pics), n=number(author, tale.count),
    )
    text += "?" if verb.startswith(("Can", "Could", "Would", "How")) and text.startswith(verb) else author.pick((".", ".", "", "!"))
    if author.chance(0.12):
        aside = author.say(ASIDES).format(age=number(author, author.rng.randint(2, 9)))
        text = f"{aside} {text}" if author.chance(0.5) else f"{text if text[-1] in '.!?' else text + '.'} {aside}"
    return loosely_typed(author, text)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


# The answer.

MORE_LEADS: Final = ("Here is more, in {pictures}.", "It goes on in {pictures}.", "And now {pictures} more.")
LEADS: Final = (
    "Here is a story in {pictures}.", "Here is a tale in {pictures}.", "A story in {pictures}.", "Here it is, in {pictures}.",
    "A tale told in {pictures}.", "Of course, in {pictures}.",
)
MEET: Final = (
    "Once there was {a_noun}{named} who lived {at}. {They} {longed}.",
    "Once upon a time {a_noun}{named} lived {at}. {They} {longed}.",
    "{At} lived {a_noun}{named}, who {longed}.",
    "Far away {at} there was {a_noun}{named}. {Who} {longed}.",
    "This is the story of {a_noun}{named} {at}, who {longed}.",
)
AGAIN: Final = ("The next day {who} was {at} again, and {longed}.", "Soon after that {who} was {at} and {longed}.")
ONLY_AGAIN: Final = ("The next day {who} was {at} again, as happy as ever.", "And so {who} had another good day {at}.")
ONLY: Final = (
    "Once {a_noun}{named} lived {at} and was happy there.",
    "{A_noun}{named} was {at} and had the best of days.",
    "Here is {a_noun}{named} {at}, who had a lovely time.",
)
MIDDLE: Final = {
    "go": (
        "One morning {who} set out, and soon {they} was {at}.", "So {who} packed a small bag and walked until {they} was {at}.",
        "First {they} went far away and stood {at}.", "So {who} jumped up, ran and ran, and came to rest {at}.",
    ),
    "see": (
        "{At} {they} met {a_friend}, who pointed the way.", "On the way, {at}, {they} saw {a_friend} and said hello.",
        "Then {they} sat down {at} and shared some bread with {a_friend}.",
    ),
    "rest": (
        "{Who} was tired and rested {at} for a while.", "{At} {they} sat down to rest.", "Then {they} took a little nap {at}.",
    ),
    "problem": (
        "But {at} {who} lost the way.", "But then {who} was all alone {at}, and a little afraid.",
        "But {at} there was a loud noise, and {who} jumped with fright.",
    ),
    "help": (
        "Just then {a_friend} came along {at} and helped {them}.", "{A_friend} heard {them} {at} and showed {them} the path.",
    ),
}
STORM: Final = {
    "rain": ("But {at} the rain came pouring down on {who}.", "But {at} dark clouds came, and {who} got wet."),
    "night": ("But night fell {at}, and {who} was lost.", "But {at} it grew dark, and {who} was afraid."),
}
FIND_THING: Final = (
    "And there, {at}, lay {a_thing}!", "Suddenly {who} found {a_thing} {at}!", "{At} {they} jumped for joy: there was {a_thing}!",
)
FIND_PLACE: Final = (
    "Then, at last, {who} arrived {at}!", "And suddenly {they} was {at}, and it was beautiful!", "Then {who} jumped for joy {at}!",
)
HOME: Final = (
    "In the end {who} was home again {at}, with {a_thing}.", "At last {who} sat {at} with {a_thing} and smiled.",
    "So {who} was back {at}, proud of {their} {thing}.",
)
ARRIVED: Final = (
    "In the end {who} stayed {at} and was happy.", "At last {who} sat {at} and smiled.", "So {who} was {at}, where {they} had longed to be.",
)
CLOSINGS: Final = ("The end.", "Sleep well.", "And that is the end.")
PLURALS: Final = {animal: "mice" if animal == "mouse" else "foxes" if animal == "fox" else f"{animal}s" for animal in world.ANIMALS}
@dataclass(frozen=True, slots=True)
class Page:
    """A beat of a tale: its text, and the picture below it."""

    text: str
    drawn: Drawn


def pages(author: Author, tale: Tale) -> list[Page]:
    """The beats of the tale, in order."""
    result, here = [], tale.home
    for index, beat in enumerate(BEATS[tale.count]):
        template, here, sky = _beat(author, tale, beat, here)
        text = _write(author, tale, template, here)
        scene = _scene(author, tale, text, beat, here, sky)
        result.append(Page(text, Drawn(f"img{tale.first_id + index}", scene, author.rng.getrandbits(32))))
    return result


def tell(author: Author, tale: Tale, excuse: str = "") -> str:
    """The answer: a lead that restates the count, then a text and a picture for each beat."""
    return bind(author, tale, pages(author, tale), excuse)


def bind(author: Author, tale: Tale, tale_pages: list[Page], excuse: str = "") -> str:
    """The answer made of these pages; its first picture refers to what shows the character, the others to the first."""
    lead = _capital(author.pick(MORE_LEADS if tale.continued else LEADS).format(pictures=told_pictures(tale.count)))
    if excuse:
        lead = f"{excuse} {lead}"
    first_references = (tale.shown_by,) if tale.shown_by else ()
    lines = [lead]
    for index, page in enumerate(tale_pages):
        references = (f"img{tale.first_id}",) if index else first_references
        lines.append(f"{page.text}{page.drawn.slot(references, tale.size)}")
    closing = [author.pick(CLOSINGS)] if author.chance(0.3) else []
    return "\n".join(lines + closing)


def tell_in_words(author: Author, tale: Tale) -> str:
    """The tale without a picture."""
    here, texts = tale.home, []
    for beat in BEATS[3]:
        template, here, _ = _beat(author, tale, beat, here)
        texts.append(_write(author, tale, template, here))
    return " ".join(texts)


def _beat(author: Author, tale: Tale, beat: str, here: str) -> tuple[str, str, str | None]:
    """The wording of a beat, where it happens, and its sky if the wording tells one."""
    match beat:
        case "only":
            return author.pick(ONLY_AGAIN if tale.continued else ONLY), tale.goal or tale.home, None
        case "meet":
            return author.pick(AGAIN if tale.continued else MEET), tale.home, None
        case "go" | "see":
            return author.pick(MIDDLE[beat]), author.other([spot for spot in world.PLACES if spot != tale.goal], here), None
        case "problem":
            sky = author.pick(list(STORM)) if tale.sky is None and author.chance(0.5) else None
            there = author.other([spot for spot in world.PLACES if spot != tale.goal], here) if author.chance(0.5) else here
            return author.pick(STORM[sky] if sky else MIDDLE["problem"]), there, sky
        case "find":
            there = tale.goal or author.other([spot for spot in world.PLACES if spot != tale.home], here)
            return author.pick(FIND_PLACE if tale.goal else FIND_THING), there, None
        case "end":
            return author.pick(ARRIVED if tale.goal else HOME), tale.goal or tale.home, None
        case _:
            return author.pick(MIDDLE[beat]), here, None


def _write(author: Author, tale: Tale, template: str, here: str) -> str:
    character = tale.character
    at, friend = author.pick(world.AT_PLACE[here]), tale.friend or author.other(world.ANIMALS, character.animal)
    longed = f"dreamed of {_the(tale.goal)}" if tale.goal else f"wished for {world.with_article(tale.thing)}"
    words = {
        "who": tale.who, "they": character.they, "a_noun": world.with_article(tale.noun), "at": at, "longed": longed,
        "a_friend": world.with_article(friend), "a_thing": world.with_article(tale.thing),
    }  # fmt: skip
    capitals = {_capital(key): _capital(word) for key, word in words.items()}
    named = f" named {character.name}" if character.name else ""
    text = template.format(**words, **capitals, named=named, them=character.them, their=character.their, thing=tale.thing)
    return _capital(text)


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


# The documents.


def story(author: Author) -> Document:
    """A request for an illustrated story, and the story."""
    counted = author.chance(0.8)
    count = author.weighted(COUNTS if counted else UNASKED_COUNTS)
    tale = draw_tale(author, count)
    if author.chance(0.1):
        tale = replace(tale, size=author.pick(list(SIZE_WISHES)))
    tale, subject = name_subject(author, tale)
    request = ask_story(author, tale, subject, counted=counted)
    wish = Wish("interleaved", count if counted else None, subject.told, subject.place)
    return Document(chat(request, tell(author, tale, subject.excuse)), wish)


def too_many(author: Author) -> Document:
    """A request for more pictures than an answer may have gets the most there may be, and says so."""
    tale, subject = name_subject(author, draw_tale(author, MOST_PICTURES))
    asked = author.rng.randint(9, 12) if author.chance(0.5) else author.pick((15, 20, 25, 50, 100))
    amount = NUMBERS[asked] if asked < len(NUMBERS) and author.chance(0.5) else str(asked)
    request = f"{author.say(VERBS)} {author.say(NOUNS)} about {subject.text} {author.pick(('in', 'with'))} {amount} pictures"
    answer = f"Eight pictures are the most I can draw at once. {tell(author, tale, subject.excuse)}"
    return Document(chat(loosely_typed(author, request + "."), answer), Wish("interleaved", None, subject.told, subject.place))


WITHOUT: Final = Wordings(
    (", without pictures", ", no pictures please", " in words only", ". Only text please", ", but no images", " without any drawings",
     ", just text", ". Do not draw anything", " (text only)", ". No pictures"),
    (" with no pictures at all", ". I want no images", ", purely in words"),
)  # fmt: skip


def story_in_words(author: Author) -> Document:
    """A request for a story without pictures."""
    tale, subject = name_subject(author, draw_tale(author, 3))
    request = f"{author.say(VERBS)} {author.say(Wordings(('a story', 'a tale', 'a short story', 'a bedtime story')))} about "
    answer = f"{subject.excuse} {tell_in_words(author, tale)}".strip()
    return Document(chat(loosely_typed(author, f"{request}{subject.text}{author.say(WITHOUT)}."), answer), Wish("text"))
