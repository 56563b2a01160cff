"""The hundred wishes, and the twenty ways to say that a story is to go on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, cycle

from bench.wishes.wish import Wish

STORIES = cycle(
    (
        "A story about a fox",
        "Tell me a tale of an owl in the forest",
        "A bedtime story about a bear with a red hat",
        "Please write a story about a rabbit who goes to the beach",
        "A story about a cat on a hill",
    )
)
DRAWINGS = cycle(("A fox with a blue scarf", "Draw an owl at night", "A picture of a bear on the beach"))
BOUNDS = ((0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (3, 6), (4, 8), (2, 8))
MOST = 8

GO_ON = (
    "Please go on", "Go on", "Continue", "And then?", "What happens next?", "Tell me more", "More, please", "Continue the story", "Keep going",
    "And the next day?", "How does it go on?", "Carry on", "What comes next?", "Please continue the story", "Go on with the story",
    "Then what happened?", "I want to hear more", "Next chapter", "Don't stop there", "Could you continue?",
)  # fmt: skip
GONE_ON_FROM = (
    "A story about a fox",
    "A story about an owl",
    "A story about a bear",
    "A story about a rabbit",
)


def hundred() -> Iterator[Wish]:
    """Counts exact and by bounds, all modes, over the API, the command line and the agents' tool."""
    seeds = count(1)
    numbers = range(1, MOST + 1)
    for number in [*numbers] * 5:
        yield Wish(next(STORIES), least=number, most=number, seed=next(seeds))
    for least, most in BOUNDS * 2:
        yield Wish(next(STORIES), least=least, most=most, mode="auto", seed=next(seeds))
    for number in range(1, 5):
        yield Wish(next(DRAWINGS), least=number, most=number, mode="image", seed=next(seeds))
        yield Wish(next(DRAWINGS), mode="image", seed=next(seeds))
        yield Wish(next(STORIES), mode="text", seed=next(seeds))
        yield Wish(next(STORIES), most=number, seed=next(seeds))
    for number in numbers:
        yield Wish(next(STORIES), "cli", number, number, mode="auto", seed=next(seeds))
    for number in [*numbers, *numbers, 1, 2, 3, 4]:
        yield Wish(next(STORIES), "mcp", number, number, seed=next(seeds))


def going_on() -> Iterator[Wish]:
    """Each way to say it, after one of four stories."""
    for number, words in enumerate(GO_ON):
        yield Wish(words, least=1, mode="auto", after=GONE_ON_FROM[number % len(GONE_ON_FROM)], seed=number)
