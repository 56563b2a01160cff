"""An answer keeps to its tokens, whatever its planner does with them, and has its pictures all the same."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncGenerator
from string import ascii_lowercase

import pytest

from planner_service.backend import Chunk, Stretch
from planner_service.errors import PlanRefused
from planner_service.wire import Message, PicturePart, PlanDone, PlanUsage, Slot, TextPart
from planner_service.writing.budget import LEAST_SPARE, LEAST_TOKENS_PER_PICTURE
from tests.unit.planner.scripted import ScriptedBackend
from tests.unit.planner.writing.test_answer import events_of, told

ASKED = Message(
    role="user", content=(TextPart(text="A story about a hedgehog in a blue hat who sails home."),)
)


def tokens_of(text: str) -> list[str]:
    return re.findall(r"\s*(?:\w+|[^\w\s])", text)


class Endless(ScriptedBackend):
    """Writes on until its tokens end, about something else; a token is a word or a mark.

    It draws where it must, or after each first sentence if it `draws`. `thoughts` are its first stretch's.
    """

    def __init__(self, sentence: int, *, draws: bool = False, thoughts: int = 0):
        super().__init__(is_explained=True)
        self._sentence = sentence
        self._draws = draws
        self._thoughts = thoughts
        self._random = random.Random(1)

    def count(self, text: str) -> int:
        return len(tokens_of(text))

    async def write(self, stretch: Stretch) -> AsyncGenerator[Chunk]:
        self.stretches.append(stretch)
        return self._write(stretch)

    async def _write(self, stretch: Stretch) -> AsyncGenerator[Chunk]:
        thoughts = self._thoughts if stretch.number == 0 else 0
        yield Chunk("", thought=" hm" * thoughts, usage=PlanUsage(input_tokens=1, output_tokens=thoughts))
        room = stretch.most_tokens - thoughts
        for token in self._tokens(stretch)[:room]:
            yield Chunk(token)
        yield Chunk("", "length")

    def _tokens(self, stretch: Stretch) -> list[str]:
        words = [
            "."
            if number % self._sentence == self._sentence - 1
            else f" {self._random.choice(ascii_lowercase)}"
            for number in range(stretch.most_tokens)
        ]
        if stretch.begins == "sentence" or not stretch.language.most:
            return words
        opening = tokens_of(f'<imagine id="{stretch.language.drawn(0)}">')
        if stretch.begins == "slot":
            return [*opening, *words]
        return [*words[:5], ".", *opening, *words[5:]] if self._draws else words


@pytest.mark.parametrize("sentence", [3, 9, 1000])
@pytest.mark.parametrize("pictures", [1, 2, 6])
@pytest.mark.parametrize("more", [0, 7, 200])
@pytest.mark.parametrize("draws", [True, False])
async def test_an_answer_has_its_pictures_and_no_more_tokens_than_it_may(
    sentence: int, pictures: int, more: int, draws: bool
):
    most = LEAST_TOKENS_PER_PICTURE * pictures + more
    *body, end = await events_of(
        Endless(sentence, draws=draws),
        messages=(ASKED,),
        least_images=pictures,
        most_images=pictures,
        max_output_tokens=most,
    )
    assert sum(isinstance(event, Slot) for event in body) == pictures
    assert isinstance(end, PlanDone)
    assert 0 < end.usage.output_tokens <= most


async def test_thoughts_are_tokens_of_the_answer_too():
    *body, end = await events_of(
        Endless(9, thoughts=30), messages=(ASKED,), least_images=2, most_images=2, max_output_tokens=200
    )
    assert sum(isinstance(event, Slot) for event in body) == 2
    assert isinstance(end, PlanDone)
    assert end.usage.reasoning_tokens == 30
    assert 30 < end.usage.output_tokens <= 200


WRITTEN = (TextPart(text="A fox woke."), PicturePart(id="img1", description="A red fox."))


@pytest.mark.parametrize("draws", [True, False])
@pytest.mark.parametrize("left", [1, 30, 100, 127])
async def test_an_answer_that_is_gone_on_with_has_its_pictures_with_whatever_is_left(left: int, draws: bool):
    *body, end = await events_of(
        Endless(9, draws=draws),
        messages=(ASKED,),
        least_images=3,
        most_images=3,
        max_output_tokens=left,
        written=WRITTEN,
    )
    assert [event.index for event in body if isinstance(event, Slot)] == [1, 2]
    assert isinstance(end, PlanDone)


@pytest.mark.parametrize("left", [1, 50, 127])
@pytest.mark.parametrize("before", ["It saw the", "It saw the sea,"])
async def test_no_picture_comes_in_the_middle_of_a_sentence_that_is_gone_on_with(before: str, left: int):
    events = await events_of(
        Endless(1000),
        messages=(ASKED,),
        least_images=3,
        most_images=3,
        max_output_tokens=left,
        written=(*WRITTEN, TextPart(text=before)),
    )
    text = told(events).partition("[1]")[0]
    assert text.endswith("\u2026")
    assert len(tokens_of(text)) <= left + LEAST_SPARE


async def test_a_sentence_that_is_over_is_not_gone_on_with_where_next_to_nothing_is_left():
    written = (*WRITTEN, TextPart(text=" It saw the sea."))
    events = await events_of(
        Endless(9), messages=(ASKED,), least_images=3, most_images=3, max_output_tokens=1, written=written
    )
    assert told(events).startswith("[1]")


async def test_an_answer_that_begins_is_refused_where_its_pictures_have_too_little():
    with pytest.raises(PlanRefused, match="max_output_tokens: it is 127, but 2 pictures need at least 128"):
        await events_of(Endless(9), least_images=2, most_images=2, max_output_tokens=127)
