"""Words that requests use for counts, places, animals and sizes, and strangers to the world that people may ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from training import world
from training.planner.corpus.author import Author, Wordings
from training.planner.corpus.names import SYLLABLES

# fmt: off
NUMBERS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS: Final = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")

PICTURES: Final = Wordings(
    ("picture", "picture", "picture", "image", "illustration", "drawing", "pic", "scene", "painting", "panel"),
    ("picture", "image", "illustration", "drawing"),
)

PLACE_NAMES: Final = {
    "forest": Wordings(("the forest", "the woods", "a forest", "the wood", "a dark forest", "the woodland", "a wood"), ("the deep woods", "the big forest")),
    "beach": Wordings(("the beach", "the sea", "the shore", "the ocean", "the seaside", "a beach", "the coast", "the seafront", "the sea coast", "the waterside", "the beach by the sea", "the shores"), ("the seashore", "the sandy beach")),
    "meadow": Wordings(("the meadow", "a meadow", "the fields", "the grass", "a field"), ("a green meadow", "the grassy meadow")),
    "mountains": Wordings(("the mountains", "the hills", "a mountain", "the high mountains", "the mountain tops", "a hill"), ("the tall mountains", "the snowy mountains")),
    "village": Wordings(("the village", "the town", "a village", "a small town", "the city"), ("a little village", "the old town")),
    "desert": Wordings(("the desert", "a desert", "the dunes", "the sands"), ("the hot desert", "the wide desert")),
}
PLACE_ADJECTIVES: Final = (
    "quiet", "far", "green", "tall", "wide", "deep", "little", "old", "hot", "snowy", "sandy", "grassy", "big", "lovely", "misty", "silent", "wild",
    "beautiful", "lonely", "sunny", "cold", "pretty", "distant", "endless", "golden", "secret", "windy", "green", "green", "yellow", "blue", "red", "peaceful", "high", "long", "empty", "small",
)
AT: Final = {
    "forest": ("in",),
    "beach": ("at", "by", "on"),
    "meadow": ("in", "on"),
    "mountains": ("in", "up in"),
    "village": ("in",),
    "desert": ("in",),
}

ANIMAL_NAMES: Final = {
    "fox": ("fox", "fox", "fox", "vixen", "fox cub"),
    "rabbit": ("rabbit", "rabbit", "rabbit", "bunny", "hare"),
    "bear": ("bear", "bear", "bear", "teddy bear", "bear cub"),
    "cat": ("cat", "cat", "cat", "kitten", "kitty"),
    "owl": ("owl", "owl", "owl", "owlet"),
    "mouse": ("mouse", "mouse", "mouse", "little mouse"),
}

PLURALS: Final = {animal: {"mouse": "mice", "fox": "foxes"}.get(animal, f"{animal}s") for animal in world.ANIMALS}

ADJECTIVES: Final = Wordings(
    ("little", "brave", "curious", "shy", "happy", "clever", "small", "lonely", "sleepy", "cheerful", "gentle", "young", "old", "kind", "hungry",
     "fluffy", "funny", "silly", "wise", "lazy", "quick", "slow", "big", "cute", "sweet", "sad", "proud", "grumpy", "lost", "wild", "soft", "nice",
     "playful", "careful", "clumsy", "good", "great", "lucky", "tired", "strong", "calm", "polite", "dreamy", "round", "thin", "tall", "noisy",
     "busy", "dizzy", "eager", "fancy", "famous", "fearless", "fierce", "fine", "forgetful", "fresh", "furry", "generous", "giant", "glad", "greedy",
     "hopeful", "honest", "huge", "innocent", "jolly", "joyful", "lively", "loud", "lovely", "loyal", "mild", "modest", "mysterious", "naughty",
     "nervous", "patient", "peaceful", "plump", "poor", "pretty", "puzzled", "rich", "rude", "scared", "serious", "sly", "smart", "smiling", "snoozy",
     "sporty", "stubborn", "surprised", "talkative", "tender", "thoughtful", "timid", "tame", "neighbourly", "brotherly", "kindly", "cuddly", "motherly", "ugly", "warm", "weary", "witty", "worried", "young"),
    ("bold", "friendly", "tiny", "quiet", "merry"),
)

SKY_WISHES: Final = {
    "day": Wordings(("on a sunny day", "in the sunshine", "in daylight", "during the day"), ("on a bright sunny day",)),
    "sunset": Wordings(("at sunset", "in the evening light", "at dusk", "when the sun goes down"), ("during a sunset",)),
    "night": Wordings(("at night", "under the stars", "in the moonlight", "by night", "in the dark"), ("on a starry night",)),
    "rain": Wordings(("in the rain", "on a rainy day", "when it rains", "in bad weather"), ("on a wet rainy day",)),
}

SIZE_WISHES: Final = {
    (160, 96): Wordings(("wide", "landscape", "wide-format", "panorama", "horizontal"), ("wide", "panoramic", "landscape-format")),
    (96, 160): Wordings(("tall", "portrait", "upright", "vertical"), ("tall", "portrait-format")),
}

STRANGERS: Final = Wordings(
    tuple(Path(__file__).with_name("strangers.txt").read_text(encoding="utf-8").split()),
    ("kangaroo", "dinosaur", "mermaid", "dog", "donkey", "walrus", "gorilla", "peacock", "lizard", "troll", "dragon", "vampire"),
)
FAR_PLACES: Final = Wordings(
    ("in space", "on the moon", "in a castle", "at school", "under water", "in the jungle", "at the North Pole", "on a ship",
     "in a cave", "on Mars", "in Paris", "in a zoo", "at the airport", "on a farm", "in the kitchen", "in a library"),
    ("on Jupiter", "in a submarine", "in London", "in a museum"),
)
FAR_COLOURS: Final = Wordings(("purple", "pink", "black", "white", "brown", "grey", "golden", "silver"), ("violet",))
FAR_GARMENTS: Final = Wordings(
    ("a jacket", "sunglasses", "a dress", "glasses", "gloves", "a shirt", "trousers", "a tie", "a backpack", "a necklace", "a coat"),
    ("a sweater", "a helmet"),
)
# fmt: on


def number(author: Author, count: int) -> str:
    """A count as a request writes it: in words or in digits."""
    return NUMBERS[count] if author.chance(0.5) else str(count)


def pictures(author: Author, count: int) -> str:
    """`three pictures`, `1 drawing`."""
    noun = author.say(PICTURES)
    if count == 1:
        return author.pick(
            (f"one {noun}", f"1 {noun}", f"a single {noun}", f"just one {noun}", f"only one {noun}")
        )
    return f"{number(author, count)} {noun}s"


def adjective(author: Author) -> str:
    """A word for what an animal is like; at times one nobody knows, since the animal stays what it is."""
    return coined(author) if unheard(author, 0.2) else author.say(ADJECTIVES)


def unheard(author: Author, share: float) -> bool:
    """Whether a training author puts a word that nobody knows here, so that the words around it must do; true for this share."""
    return not author.held_out and author.chance(share)


def coined(author: Author) -> str:
    """A word that nobody knows."""
    return "".join(author.pick(SYLLABLES) for _ in range(author.rng.randint(1, 3)))


def told_pictures(count: int) -> str:
    """`three pictures`, the way answers say it."""
    return f"{NUMBERS[count]} picture{'' if count == 1 else 's'}"


def place(author: Author, place: str) -> str:
    """`in the woods`."""
    return f"{author.pick(AT[place])} {place_name(author, place)}"


def place_name(author: Author, place: str) -> str:
    """`the woods`, and at times `the quiet woods`, but never a held-out name by chance."""
    name = author.say(PLACE_NAMES[place])
    if author.held_out or name.count(" ") != 1 or not author.chance(0.5):
        return name
    article, noun = name.split()
    like = author.pick(PLACE_ADJECTIVES)
    article = "an" if article == "a" and like[0] in "aeiou" else article
    dressed = f"{article} {like} {noun}"
    return name if dressed in PLACE_NAMES[place].unseen else dressed


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[0].upper() + text[1:]


def loosely_typed(author: Author, text: str) -> str:
    """The text as people type it: mostly as it stands, at times without capitals or its last stop."""
    if author.chance(0.2):
        text = text[0].lower() + text[1:]
    if author.chance(0.1):
        text = text.lower()
    if author.chance(0.3):
        text = text.rstrip(".!")
    return text
