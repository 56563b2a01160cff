"""The words of a tale: what happens in its beats, and which beats a tale of n pictures has.

Which beats there are follows from n alone, so the model counts by knowing where in the arc it stands. A text names the place
(`{at}`) wherever its picture needs one.
"""

from typing import Final

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

# fmt: off
MORE_LEADS: Final = ("Here is more, in {pictures}.", "It goes on in {pictures}.", "And now {pictures} more.")
WORDS_LEADS: Final = ("", "", "Gladly.", "Here is a story in words.", "Of course, in words.")
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
    "{A_noun}{named} had a lovely time {at}.",
)
MIDDLE: Final = {
    "go": (
        "One morning {who} set out, and soon {they} was {at}.", "So {who} packed a small bag and walked until {they} was {at}.",
        "First {they} went far away and stood {at}.", "So {who} jumped up, ran and ran, and came to rest {at}.",
    ),
    "see": (
        "{At} {they} looked around and saw the way.", "On the way, {at}, {they} sang a song.",
        "Then {they} sat down {at} and ate some bread.",
    ),
    "rest": (
        "{Who} was tired and rested {at} for a while.", "{At} {they} sat down to rest.", "Then {they} took a little nap {at}.",
    ),
    "problem": (
        "But {at} {who} lost the way.", "But then {who} was all alone {at}, and a little afraid.",
        "But {at} there was a loud noise, and {who} jumped with fright.",
    ),
    "help": (
        "Just then {who} had a good idea {at}.", "{Who} took heart {at} and saw the path again.",
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
# fmt: on
