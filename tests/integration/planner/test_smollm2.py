"""An instruct model that knows nothing of plans and obeys nothing: whatever it writes, the answer has its form.

`make build/smollm2/.installed` makes the model's folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from planner_service.client import Planner, PlanRefused
from planner_service.language.sentences import is_whole
from planner_service.wire import Message, PlanDone, PlanEvent, PlanRequest, Slot, TextDelta, TextPart
from tests.integration.planner.planner_process import PlannerProcess

MODEL = Path("build/smollm2/model")
WAIT_S = 1200

pytestmark = [
    pytest.mark.integration,
    pytest.mark.instruct,
    pytest.mark.timeout(WAIT_S),
    pytest.mark.skipif(not MODEL.exists(), reason="`make build/smollm2/.installed` makes the model"),
]

# On a CPU without bfloat16 of its own, prompts and batches take five times as long in it as in float32; on one that has it, half as long.
DTYPE = "bfloat16" if "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8") else "float32"
# Blocks of 32 tokens, the least there are on a CPU, make the prefix cache's counter fine enough to judge by.
ENGINE = f'{{"dtype": "{DTYPE}", "max_model_len": 4096, "block_size": 32}}'
WORDS = ("one", "two", "three", "four", "five", "six")
REQUESTS = (
    ("A story about a fox who finds the sea, with {count}.", "fox"),
    ("Tell me about a lighthouse, with {count}.", "lighthouse"),
    ("Write a short tale about a brave little robot. Use {count}.", "robot"),
    ("Explain how bread is baked, with {count}.", "bread"),
    ("Please write a poem about the moon in {count}", "moon"),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlannerProcess]:
    log = tmp_path_factory.mktemp("smollm2") / "log"
    with PlannerProcess(log, model=str(MODEL), engine_args=ENGINE, plan_timeout_s=str(WAIT_S)) as process:
        yield process


@pytest.fixture
async def planner(service: PlannerProcess) -> AsyncIterator[Planner]:
    async with Planner(service.url, silence_s=WAIT_S) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: its slots, and the texts before, between and after them."""

    slots: list[Slot]
    texts: list[str]
    end: PlanDone


async def told(planner: Planner, request: PlanRequest) -> Told:
    events: list[PlanEvent] = [event async for event in planner.plan(request)]
    texts = [""]
    for event in events:
        if isinstance(event, TextDelta):
            texts[-1] += event.text
        elif isinstance(event, Slot):
            texts.append("")
    end = events[-1]
    assert isinstance(end, PlanDone), end
    return Told([event for event in events if isinstance(event, Slot)], texts, end)


def ask(text: str, **fields: object) -> PlanRequest:
    message = Message(role="user", content=(TextPart(text=text),))
    return PlanRequest.model_validate({"id": "r", "messages": (message,), **fields})


def sixty() -> Iterator[tuple[int, str, PlanRequest]]:
    """One to six pictures in words and in digits, half of them at temperature 0.7.

    Two have all of the default budget, four the least that is taken: 64 tokens for each picture.
    """
    for number in range(60):
        count, (text, noun) = number % 6 + 1, REQUESTS[number // 12]
        said = WORDS[count - 1] if number // 6 % 2 else str(count)
        pictures = f"{said} picture{'s' if count > 1 else ''}"
        yield (
            count,
            noun,
            ask(
                text.format(count=pictures),
                least_images=count,
                most_images=count,
                seed=number,
                **({"temperature": 0.7} if number % 4 < 2 else {}),
                **({} if number % 30 == 0 else {"max_output_tokens": 64 * count + 16 * (number % 10 > 0)}),
                # Else the whole vocabulary is sorted for every token, which on a CPU takes as long as to write it.
                top_p=1,
            ),
        )


async def test_sixty_of_sixty_answers_have_their_pictures_in_whole_sentences(planner: Planner):
    asked = list(sixty())
    answers = await asyncio.gather(*(told(planner, request) for _, _, request in asked))
    wrong = [
        f"{request.seed} {noun} {count}: {fault}"
        for (count, noun, request), answer in zip(asked, answers, strict=True)
        for fault in faults_of(count, noun, answer)
    ]
    assert not wrong, "\n".join(wrong)


def faults_of(count: int, noun: str, answer: Told) -> Iterator[str]:
    if len(answer.slots) != count:
        yield f"{len(answer.slots)} pictures"
    for slot in answer.slots:
        if len(slot.description) < 40:
            yield f"short: {slot.description}"
        if noun not in slot.description.lower():
            yield f"about something else: {slot.description}"
    if not answer.texts[0].strip():
        yield "no text before the first picture"
    if not answer.texts[-1].strip():
        yield "no text after the last picture"
    yield from (f"cut: {text}" for text in answer.texts if not is_whole(text))


async def test_left_to_itself_it_draws_no_more_than_allowed(planner: Planner):
    requests = [
        ask(text.format(count="pictures"), most_images=most, max_output_tokens=100, seed=most)
        for text, _ in REQUESTS[:2]
        for most in (0, 1, 2)
    ]
    answers = await asyncio.gather(*(told(planner, request) for request in requests))
    assert all(
        len(answer.slots) <= request.most_images for request, answer in zip(requests, answers, strict=True)
    )
    assert all(is_whole(text) for answer in answers for text in answer.texts)


async def test_fewer_than_sixty_four_tokens_a_picture_are_refused(planner: Planner):
    asked = ask(REQUESTS[0][0].format(count=3), least_images=3, most_images=3, max_output_tokens=191)
    with pytest.raises(PlanRefused, match="max_output_tokens: it is 191, but 3 pictures need at least 192"):
        await told(planner, asked)


async def test_the_second_turn_of_a_conversation_finds_the_first_in_the_prefix_cache(planner: Planner):
    rules = "Write for children of six years, in short sentences. Be kind, and explain each hard word. " * 4
    system = Message(role="system", content=(TextPart(text=rules),))
    user = ask("Tell me about whales, please. I like the blue ones most of all.").messages[0]
    first = await told(planner, ask("", messages=(system, user), most_images=2, max_output_tokens=24))
    answer = Message(role="assistant", content=(TextPart(text="".join(first.texts)),))
    second = await told(
        planner, ask("", messages=(system, user, answer, user), most_images=1, max_output_tokens=2)
    )
    assert second.end.usage.cached_tokens >= 0.9 * first.end.usage.input_tokens
