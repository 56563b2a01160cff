"""What a request is about, in its own words, for planners so weak that their descriptions wander from it. English only; else there is none.

A slot that is opened for a planner begins with it, and a description that has no word of it gets it put before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from planner_service.wire import PlanRequest, TextPart

LONGEST = 80
MOST_ASKED = 60
"""Both in characters."""

_KIND = r"(?:stor(?:y|ies)|tales?|pictures?|images?|drawings?|paintings?|illustrations?|photos?|books?|comics?|poems?|pages?|posts?|articles?|guides?)"
_NUMBER = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|some|several|a few|many|no)"
_COUNT = re.compile(
    rf"[,;]?\s*\b(?:(?:with|in|using|and|has|have|including|plus|show)\s+)?(?:(?:exactly|at least|at most|up to)\s+)?{_NUMBER}\s+(?:\w+\s+)?"
    r"(?:pictures?|images?|illustrations?|drawings?|photos?|paintings?|panels?|scenes?|parts?|steps?|pages?)\b(?!\s+(?:of|about)\b)",
    re.IGNORECASE,
)
_LEADS = [
    re.compile(rf"\b{_KIND}\s+(?:about|of|on|for)\s+(.+)", re.IGNORECASE),
    re.compile(r"\babout\s+(.+)", re.IGNORECASE),
    re.compile(
        r"\b(?:draw|paint|sketch|illustrate|depict|show|explain|describe)\s+(?:(?:to\s+)?me\s+)?(?:how\s+(?:to\s+)?|why\s+)?(.+)",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:how to|how|why)\s+(.+)", re.IGNORECASE),
]
_END = re.compile(r"[.,;:!?\n()\[\]]")
_MARKS = re.compile(r"[^\w\s.,;:!?'\u2019-]")
_WORD = re.compile(r"[A-Za-z]{3,}")
_EMPTY = re.compile(
    "the|and|who|that|with|for|are|was|how|why|what|when|his|her|its|their|our|your|you|can|does|did|has|have|into|from|they|she|him"
    "|them|this|these|those|one|two|some|any|all|more|very|little|small|big|old|young|new"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A phrase such as `a fox who finds the sea`, and those of its words that mean something."""

    phrase: str
    words: tuple[str, ...]

    def is_in(self, description: str) -> bool:
        """Whether a description has one of the words, whatever its ending."""
        lowered = description.lower()
        return any(word[: max(3, len(word) - 2)] in lowered for word in self.words)

    def before(self, description: str) -> str:
        """The description, after the subject."""
        return f"{self.phrase[0].upper()}{self.phrase[1:]}: {description}"

    @property
    def primer(self) -> str:
        """What a description may begin with; after the colon a planner describes, where else it goes on as the request did."""
        return self.before("")


def subject_of(request: PlanRequest) -> Subject | None:
    """The subject of what was asked last, if it is said in a way that is known here."""
    text = _COUNT.sub("", _last_asked(request))
    for lead in _LEADS:
        if found := lead.search(text):
            phrase = _END.split(found[1])[0].strip()[:LONGEST].rstrip()
            phrase = re.sub(r"[^\w\s'-]", "", phrase)
            words = tuple(word for word in _WORD.findall(phrase.lower()) if not _EMPTY.fullmatch(word))
            if words:
                return Subject(phrase, words)
    return None


def asked_of(request: PlanRequest) -> str:
    """What was asked last, in its own words, for a description that says next to nothing; whoever asks can write no tag into it."""
    return "for: " + " ".join(_MARKS.sub(" ", _last_asked(request)).split())[:MOST_ASKED].rstrip()


def _last_asked(request: PlanRequest) -> str:
    asked = next((message for message in reversed(request.messages) if message.role == "user"), None)
    return " ".join(part.text for part in asked.content if isinstance(part, TextPart)) if asked else ""
