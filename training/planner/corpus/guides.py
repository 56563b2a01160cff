"""Step-by-step guides of the corpus: an animal of the world shows how something is done.

Which steps a guide of n pictures has is fixed (`STEPS_OF`), and each step bears its number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from training import world
from training.planner.corpus.amounts import draw_amount
from training.planner.corpus.author import Author, Wordings
from training.planner.corpus.stories import COUNTS, UNASKED_COUNTS
from training.planner.corpus.tales import pose_told
from training.planner.corpus.wordings import (
    ANIMAL_NAMES,
    NUMBERS,
    ORDINALS,
    SIZE_WISHES,
    coined,
    loosely_typed,
    number,
    pictures,
    unheard,
)
from training.planner.document import Document, Wish, chat
from training.planner.language import Slot

STEPS_OF: Final = {
    1: (3,),
    2: (1, 8),
    3: (1, 3, 8),
    4: (1, 3, 5, 8),
    5: (1, 3, 5, 6, 8),
    6: (1, 2, 3, 5, 6, 8),
    7: (1, 2, 3, 4, 5, 6, 8),
    8: (1, 2, 3, 4, 5, 6, 7, 8),
}


@dataclass(frozen=True, slots=True)
class Craft:
    """Something to learn: the thing it is done with, where, and eight steps of which a guide takes some."""

    ask: Wordings
    title: str
    thing: str
    place: str
    steps: tuple[str, ...]


# fmt: off
CRAFTS: Final = (
    Craft(
        Wordings(("fly a kite", "fly a kite", "get a kite into the air", "play with a kite", "let a kite fly", "handle a kite", "use a kite", "have fun with a kite"), ("make a kite fly",)),
        "fly a kite", "kite", "meadow",
        ("Take your kite outside.", "Look where the wind comes from.", "Stand with your back to the wind.", "Unroll the string.",
         "Jump up and let the kite go.", "Sit down and hold the string tight.", "Pull a little when it sinks.",
         "Wind the string in and carry the kite home."),
    ),
    Craft(
        Wordings(("sail a boat", "sail a toy boat", "float a boat", "put a boat to sea", "let a boat sail", "steer a boat", "use a toy boat", "play with a boat"), ("make a boat sail",)),
        "sail a boat", "boat", "beach",
        ("Bring your boat to the water.", "Look at the waves.", "Sit down and fix the sail.", "Check the rope.",
         "Push the boat into the water.", "Jump back from the splash.", "Walk along and watch it.",
         "Pull the boat back and let it dry."),
    ),
    Craft(
        Wordings(("play ball", "throw a ball", "play with a ball", "catch a ball", "play ball games", "be good with a ball", "handle a ball", "have fun with a ball"), ("get good at ball games",)),
        "play ball", "ball", "village",
        ("Find a ball that is not too big.", "Look for a free spot.", "Stand with your feet apart.", "Warm up your arms.",
         "Throw the ball up high.", "Jump up and catch it.", "Try it with one paw.", "Sit down for a rest with the ball."),
    ),
    Craft(
        Wordings(("plant a flower", "grow a flower", "care for a flower", "start a garden", "look after a flower", "make a flower grow", "raise a flower", "keep a flower"), ("take care of a flower",)),
        "plant a flower", "flower", "meadow",
        ("Pick a sunny spot.", "Pull out the weeds.", "Sit down and dig a small hole.", "Put in the seed.",
         "Cover it with earth.", "Give it some water.", "Wait a few days.", "Jump for joy: the flower is open."),
    ),
    Craft(
        Wordings(("light a lantern", "use a lantern", "walk in the dark", "find the way at night", "make a lantern shine", "handle a lantern", "carry a lantern", "light up the dark"), ("get a lantern to glow",)),
        "use a lantern", "lantern", "forest",
        ("Take a lantern with you.", "Wait until it is dark.", "Sit down and light it.", "Close the little door.",
         "Hold the lantern up high.", "Stand still and look around.", "Walk slowly.", "Follow the path home."),
    ),
    Craft(
        Wordings(("stay dry", "use an umbrella", "stay dry in the rain", "open an umbrella", "stay dry on a rainy day", "walk in the rain", "not get wet", "hold an umbrella"), ("keep dry on a wet day",)),
        "use an umbrella", "umbrella", "village",
        ("Look at the clouds.", "Fetch your umbrella.", "Stand outside and open it.", "Hold it with both paws.",
         "Walk close to the houses.", "Jump over the puddles.", "Shake off the drops.", "Sit down and let the umbrella dry."),
    ),
    Craft(
        Wordings(("find the way in the desert", "cross the desert", "travel in the desert", "walk through the sand", "walk in the dunes", "hike in the desert", "get through the desert", "walk over the dunes"), ("hike in the dunes",)),
        "cross the desert", "umbrella", "desert",
        ("Pack enough water.", "Start early.", "Stand under an umbrella in the sun.", "Walk slowly.", "Sit down and drink.",
         "Follow the dunes.", "Look at the sky.", "Jump for joy when you arrive."),
    ),
    Craft(
        Wordings(("climb a mountain", "go hiking", "climb", "hike in the mountains", "get to the top of a mountain", "walk up a mountain", "climb a hill", "go up a mountain"), ("get up a mountain",)),
        "climb a mountain", "lantern", "mountains",
        ("Pack a lantern for later.", "Choose a path.", "Stand still and breathe.", "Drink some water.", "Climb over the stones.",
         "Sit down and rest.", "Go on to the top.", "Jump for joy at the top."),
    ),
)
# fmt: on

# fmt: off
FORMS: Final = Wordings(
    ("How do I {ask}{tail}", "How do you {ask}{tail}", "Show me how to {ask}{tail}", "Explain how to {ask}{tail}", "How to {ask}{tail}",
     "A guide on how to {ask}{tail}", "Make a guide to {ask}{tail}", "Teach me to {ask}{tail}", "Step by step: how to {ask}{tail}",
     "Can you show me how to {ask}{tail}", "Write a step-by-step guide: {ask}{tail}", "I want to learn to {ask}{tail}",
     "Give me instructions to {ask}{tail}", "Show how {a_animal} can {ask}{tail}", "Let {a_animal} show me how to {ask}{tail}",
     "Explain with {a_animal} how to {ask}{tail}", "How can {a_animal} {ask}{tail}", "Make a tutorial on how to {ask}{tail}",
     "Please show me how to {ask}{tail}", "Could you explain how to {ask}{tail}", "Tell me how to {ask}{tail}", "I'd like to know how to {ask}{tail}",
     "Take me through it: how to {ask}{tail}", "Please explain how to {ask}{tail}", "I want a guide on how to {ask}{tail}",
     "Let {a_animal} explain how to {ask}{tail}", "What is the way to {ask}{tail}", "Help me to {ask}{tail}", "I need instructions to {ask}{tail}",
     "Demonstrate how to {ask}{tail}", "Describe how to {ask}{tail}", "I wonder how to {ask}{tail}", "Train me to {ask}{tail}", "Have {a_animal} demonstrate how to {ask}{tail}",
     "Make {a_animal} show how to {ask}{tail}", "A manual on how to {ask}{tail}", "A tutorial to {ask}{tail}", "Lesson: how to {ask}{tail}", "Guide: how to {ask}{tail}",
     "Would you show how to {ask}{tail}", "What do I do to {ask}{tail}", "Lead me through how to {ask}{tail}", "With {a_animal}, explain how to {ask}{tail}",
     "Let {a_animal} tell me how to {ask}{tail}", "Let {a_animal} train me to {ask}{tail}", "Let {a_animal} help me to {ask}{tail}",
     "Ask {a_animal} to show me how to {ask}{tail}", "Have {a_animal} help me to {ask}{tail}", "I want {a_animal} to show me how to {ask}{tail}",
     "Let {a_animal} demonstrate how to {ask}{tail}", "Give me a lesson on how to {ask}{tail}", "I have to {ask}, show me how{tail}"),
    ("Please teach me how to {ask}{tail}", "Walk me through how to {ask}{tail}", "Let {a_animal} teach me to {ask}{tail}",
     "I need a guide for how to {ask}{tail}"),
)
TAILS: Final = Wordings(
    (" in {steps}", " with {pics}", ", with {pics}", ", in {steps}", " step by step with {pics}", ". Use {pics}", " in {n} easy steps",
     ". I want {steps}", ", {pics} please", " ({pics})", " in {n} steps with pictures", " using {pics}", ". Show {pics}", " which has {steps}",
     " that takes {steps}", " consisting of {steps}", " split into {steps}", ". Keep it to {steps}", ". Use {steps}", ". It should have {steps}", " via {pics}",
     " through {pics}", " by showing {pics}", " with the help of {pics}", " in {n} quick steps", " in {n} short steps", " in {n} clear steps", ", {steps} please",
     " ({steps})", " - {steps}", " in just {steps}", " in exactly {steps}", " that contains {steps}", ". Let it be {steps}", ". Do it in {steps}", " over {steps}"),
    (" that has {steps}", ". Make it {steps}", " by means of {pics}", " in {n} simple steps"),
)
# fmt: on
MOST_STEPS_IN_WORDS: Final = 6
"""Steps that a guide without pictures may have, lest it grow long."""
LEADS: Final = (
    "Here is how to {title}, in {steps}.",
    "How to {title}, in {steps}.",
    "This is how to {title} in {steps}.",
)


def guide(author: Author) -> Document:
    """A request for a guide, and the guide."""
    return write_guide(author, author.pick(list(SIZE_WISHES)) if author.chance(0.08) else None)


def write_guide(author: Author, size: tuple[int, int] | None) -> Document:
    """A request for a guide, and the guide: a numbered step and a picture of this size, again and again."""
    craft, character = author.pick(CRAFTS), author.character()
    amount = draw_amount(author, COUNTS, UNASKED_COUNTS)
    form = author.say(FORMS)
    told: list[tuple[str, str]] = []
    a_animal = world.with_article(author.pick(ANIMAL_NAMES[character.animal]))
    if "{a_animal}" in form:
        told.append(("animal", character.animal))
        if character.wearing and author.chance(0.3):
            a_animal += f" {author.pick(('wearing', 'with', 'in'))} {character.wearing}"
            told += [("garment", character.garment), ("colour", character.colour)]
    text = form.format(
        ask=author.say(craft.ask), a_animal=a_animal, tail=_tail(author, amount.asked) if amount.asked else ""
    )
    if size:
        text += f". {author.say(SIZE_WISHES[size]).capitalize()} pictures please"
    request = loosely_typed(author, text + ("?" if form.startswith(("How", "Can")) else "."))
    count = amount.drawn
    steps = count or min(amount.asked or 3, MOST_STEPS_IN_WORDS)
    lead = author.pick(LEADS).format(title=craft.title, steps=_steps(steps))
    labels = author.pick(
        (lambda k: f"Step {k}:", lambda k: f"{ORDINALS[k].capitalize()}:", lambda k: f"{k}.")
    )
    parts, pictures_alone = [lead], ""
    for position, step in enumerate(STEPS_OF[steps], start=1):
        words = craft.steps[step - 1]
        scene = replace(author.scene(character, craft.place), thing=craft.thing)
        scene = replace(scene, pose=pose_told(words) or scene.pose, sky=_sky(words) or scene.sky)
        description = world.describe(scene, author.rng)
        slot = Slot(f"img{position}", description, ("img1",) if position > 1 else (), size) if count else ""
        parts.append(f"{labels(position)} {words}{slot}")
        pictures_alone += str(slot)
    answer = "\n".join(parts) if amount.bounds.has_text else pictures_alone
    wish = Wish("interleaved", amount.owed, tuple(told)) if count else Wish("text")
    return Document(chat(request, answer), wish, amount.bounds)


def _tail(author: Author, count: int) -> str:
    n = number(author, count)
    steps = author.pick(("one step", "1 step", "a single step")) if count == 1 else f"{n} steps"
    tail = (
        f" {coined(author)} {author.pick(('{steps}', '{pics}'))}"
        if unheard(author, 0.1)
        else author.say(TAILS)
    )
    if count == 1 and "{n}" in tail:
        tail = " in {steps}"
    return tail.format(steps=steps, pics=pictures(author, count), n=n)


def _steps(count: int) -> str:
    return f"{NUMBERS[count]} step{'' if count == 1 else 's'}"


def _sky(words: str) -> str | None:
    if "dark" in words:
        return "night"
    return "rain" if any(word in words for word in ("clouds", "puddles", "drops")) else None


# fmt: off
STRANGE_CRAFTS: Final = Wordings(
    ("bake a cake", "fix a car", "cook soup", "build a house", "ride a bike", "write a letter", "play the piano", "knit", "swim",
     "make pancakes", "paint a wall", "draw a face", "code", "dance", "sew a shirt", "tie a knot", "speak French"),
    ("boil an egg", "repair a bike", "make bread"),
)
# fmt: on


def strange_guide(author: Author) -> Document:
    """A request to explain what nobody in the world does is answered with something they do."""
    known = write_guide(author, None)
    while not known.bounds.has_text:
        known = write_guide(author, None)
    craft = author.say(STRANGE_CRAFTS)
    form = author.pick(
        ("How do I {}", "Show me how to {}", "Explain how to {}", "Teach me to {}", "A guide on how to {}")
    )
    count = known.wish.count if known.bounds.is_free else None
    text = form.format(craft) + (_tail(author, count) if count else "")
    answer = f"I have never done that, but I can show you something else. {known.answer}"
    wish = Wish(known.wish.task, known.wish.count)
    return Document(chat(loosely_typed(author, text + "."), answer), wish, known.bounds)
