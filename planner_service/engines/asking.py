"""What a server that takes no grammar is asked for in a turn of its own, and its reply made the stretch that was wanted.

Such a server cannot go on from where its text stops: it begins a new message. It knows chunks and stretches, not how they are sent.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from planner_service.backend import Chunk, Stretch
from planner_service.errors import UpstreamFailed
from planner_service.language.bounds import TAG
from planner_service.language.sentences import is_whole
from planner_service.prompts.turns import Clean

GO_ON = "[Go on with your answer from exactly where it stops, and say nothing twice.]"
END = "[End your answer with one or two whole sentences, without pictures.]"
FINISH = "[Your answer stops in the middle of a sentence. Finish this sentence and write nothing else: only the words that are missing from it.]"

_ANY_TAG = re.compile(rf"</?{TAG}[^>]*>?", re.IGNORECASE)
_SPACELESS = re.compile(
    "[\u0e00-\u109f\u1780-\u17ff\u2e80-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, Chinese and Japanese put no blanks between words."""
_CLINGS = ",.;:!?%)]}\u00bb\u201d\u2019\u2026"
"""What stands right after the word before it."""
_CLINGS_TO_A_WORD = "'-\u2013\u2014/"
_AWAITS = "([{\u00ab\u201c\u2018\u201e\u00bf\u00a1-\u2014/"
"""What the next word stands right after."""


def asking_for(stretch: Stretch, written: str) -> str:
    """The words in which a stretch is asked for; `written` is the text before it."""
    match stretch.begins:
        case "slot":
            name = stretch.language.drawn(0)
            return f"[Describe the picture {name} that belongs here in one paragraph of at least 40 words. Write the description and nothing else.]"
        case "sentence":
            return END if is_whole(written) else FINISH
        case "text":
            return GO_ON


async def described(chunks: AsyncGenerator[Chunk], stretch: Stretch, clean: Clean) -> AsyncGenerator[Chunk]:
    """A slot of an answer that is a description, with or without tags. One that was cut is left open, so it is shortened as any other."""
    text, last = "", None
    async with aclosing(chunks):
        async for chunk in chunks:
            text += chunk.text
            last = chunk
    description = clean(_ANY_TAG.sub(" ", text)).strip()
    if not description or last is None:
        raise UpstreamFailed("no description came")
    end = "" if last.finish == "length" else f"</{TAG}>"
    yield Chunk(f'<{TAG} id="{stretch.language.drawn(0)}">{description}{end}', last.finish, last.usage)


async def joined(chunks: AsyncGenerator[Chunk], written: str) -> AsyncGenerator[Chunk]:
    """A text that goes on from what is written, with the blank between them that no message begins with."""
    is_begun = False
    async with aclosing(chunks):
        async for chunk in chunks:
            if chunk.text and not is_begun:
                is_begun = True
                if _lacks_blank(written, chunk.text):
                    chunk = replace(chunk, text=f" {chunk.text}")
            yield chunk


def _lacks_blank(before: str, after: str) -> bool:
    """Whether a blank belongs between two texts.

    Whether a word goes on in the next message nobody can tell (`to` and `day`), but that seldom happens: a planner is seldom lost in a word.
    """
    if not before or before.endswith(f"</{TAG}>"):
        return False
    last, first = before[-1], after[0]
    if last.isspace() or first.isspace() or _SPACELESS.match(last) or _SPACELESS.match(first):
        return False
    if '"' in (last, first) and before.rpartition("\n")[2].count('"') % 2:
        return False  # a quotation is open, so this one opened it, or closes it
    if first in _CLINGS_TO_A_WORD and last.isalnum():
        return False
    return not (first in _CLINGS or last in _AWAITS or (last.isdigit() and first.isdigit()))
