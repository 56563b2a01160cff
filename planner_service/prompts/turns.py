"""From a `PlanRequest` to the turns a model reads, with everything that is not ours made harmless.

Text planners read a user's images as lines (`[image in1: a cat]`) before the text; planners that see get each image where it stands. The
assistant's own pictures stand as the tags that asked for them. What this one answer is to hold comes last, so that all before it is the same
in the next turn. It knows neither chat templates nor engines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from planner_service.language.bounds import TAG, Language
from planner_service.language.brief import brief
from planner_service.language.cast import CAST, CAST_END
from planner_service.prompts.instructions import LANGUAGE, PREAMBLE, task
from planner_service.wire import Message, Part, PicturePart, PlanRequest, Role, Slot, TextPart

Clean = Callable[[str], str]

Told = Literal["explained", "brief", "nothing"]
"""How a model is told what an answer may hold: in words, in the one line it was trained on, or not at all."""

COMMON_TOKENS = ("<|", "<s>", "</s>", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]")
"""Chat-template tokens of well-known families, for servers whose tokenizer we do not have."""

_STAND_IN = {"<": "\u2039", "[": "\u2045"}
_WORD_JOINER = "\u2060"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that the model shall see; `data` is base64."""

    id: str
    data: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn in reading order: text that is safe to put into a prompt, and pictures."""

    role: Role
    pieces: tuple[str | Picture, ...]


def cleaner(literals: Iterable[str]) -> Clean:
    """Make a function that breaks our tags and `literals` wherever they occur in a text, leaving it readable.

    The first character of each is replaced or followed by a word joiner, so that no tokenizer finds the literal again.
    """
    wanted = {f"<{TAG}", f"</{TAG}", CAST, CAST_END, *(literal for literal in literals if len(literal) > 1)}
    longest_first = sorted(wanted, key=len, reverse=True)
    # A look-ahead, so that literals that overlap are all broken.
    pattern = re.compile(f"(?={'|'.join(map(re.escape, longest_first))})(.)", re.DOTALL | re.IGNORECASE)
    return lambda text: pattern.sub(lambda found: _STAND_IN.get(found[1], found[1] + _WORD_JOINER), text)


def control_tokens(tokenizer: Any) -> set[str]:
    """What a tokenizer takes for more than text: its special tokens, and marks such as `<think>`."""
    return {
        token.content
        for token in tokenizer.added_tokens_decoder.values()
        if token.special or token.content.startswith("<")
    }


def turns_of(
    request: PlanRequest, language: Language, clean: Clean, *, sees_images: bool, told: Told
) -> tuple[Turn, ...]:
    """Put the whole conversation into turns. What the planner is `told` opens it, if in words, and ends the user's last turn."""
    turns = [Turn(message.role, _pieces(message, clean, sees_images)) for message in request.messages]
    match told:
        case "explained":
            language_in_words = f"{LANGUAGE}\n\n{PREAMBLE}" if request.preamble else LANGUAGE
            opening: tuple[str | Picture, ...] = (language_in_words,)
            if turns[0].role == "system":
                opening = (*opening, "\n\n", *turns.pop(0).pieces)
            turns.insert(0, Turn("system", opening))
            figures = [figure.model_copy(update={"looks": clean(figure.looks)}) for figure in request.cast]
            style = clean(request.style) if request.style else None
            return _with_last(turns, f"\n\n{task(language, figures, style)}")
        case "brief":
            return _with_last(turns, f"\n{brief(language)}")
        case "nothing":
            return tuple(turns)


def _with_last(turns: list[Turn], line: str) -> tuple[Turn, ...]:
    """The turns, the user's last one with this line at its end."""
    at = max((n for n, turn in enumerate(turns) if turn.role == "user"), default=len(turns) - 1)
    turns[at] = Turn(turns[at].role, (*turns[at].pieces, line))
    return tuple(turns)


def written_pieces(request: PlanRequest, clean: Clean, *, sees_images: bool) -> tuple[str | Picture, ...]:
    """What is already written of this answer, as the assistant's turn goes on from it."""
    message = Message(role="assistant", content=request.written)
    return _pieces(message, clean, sees_images)


def written_tag(name: str, slot: Slot | PicturePart) -> str:
    """A slot as a plan writes it; the description is taken as it is."""
    references = f' refs="{",".join(slot.references)}"' if slot.references else ""
    size = f' size="{slot.size}"' if slot.size else ""
    return f'<{TAG} id="{name}"{references}{size}>{slot.description}</{TAG}>'


def _pieces(message: Message, clean: Clean, sees_images: bool) -> tuple[str | Picture, ...]:
    if message.role == "assistant":
        return tuple(piece for part in _runs(message) for piece in _written(part, clean, sees_images))
    if sees_images:
        lines = [_shown(part, clean) for part in message.content]
    else:
        texts_last = sorted(message.content, key=lambda part: isinstance(part, TextPart))
        lines = [(_line(part, clean),) for part in texts_last]
    return tuple(piece for index, line in enumerate(lines) for piece in (("\n", *line) if index else line))


def _runs(message: Message) -> list[Part]:
    """The parts with adjacent text joined, so that a tag cut in two is seen whole by whoever cleans it."""
    runs: list[Part] = []
    for part in message.content:
        if isinstance(part, TextPart) and runs and isinstance(runs[-1], TextPart):
            runs[-1] = TextPart(text=runs[-1].text + part.text)
        else:
            runs.append(part)
    return runs


def _written(part: Part, clean: Clean, sees_images: bool) -> tuple[str | Picture, ...]:
    """A part of the assistant's turn: a picture is the tag that asked for it, then what was drawn."""
    if not isinstance(part, PicturePart):
        return _shown(part, clean) if sees_images else (_line(part, clean),)
    tag = written_tag(part.id, part.model_copy(update={"description": clean(part.description)}))
    return (tag, Picture(part.id, part.data)) if sees_images and part.data else (tag,)


def _shown(part: Part, clean: Clean) -> tuple[str | Picture, ...]:
    """A part of the user's turn for a model that sees: an image's name stands before it."""
    line = _line(part, clean)
    if isinstance(part, TextPart) or not part.data:
        return (line,)
    return (line, Picture(part.id, part.data))


def _line(part: Part, clean: Clean) -> str:
    if isinstance(part, TextPart):
        return clean(part.text)
    known = clean(" ".join(part.description.split())) if part.description else ""
    return f"[image {part.id}: {known}]" if known else f"[image {part.id}]"
