"""Has each picture judged by a critic before it is shown. A critic that is down, slow or talks nonsense never costs a picture."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.answer.events import Draft
from gateway.answer.stitching.flaws import in_words
from gateway.answer.stitching.inbox import Judged
from gateway.answer.stitching.state import AnswerState
from visualizer_service.wire import Done

log = logging.getLogger(__name__)

CRITIC_S: Final = 60.0
"""For one picture; the answer waits for it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a critic says of a picture; `good` is None where it says nothing, and `wrong` then says why. `score` is out of 10."""

    good: bool | None
    wrong: str | None = None
    better_description: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a critic is shown: a picture, what it was to show, and the images that it was to follow, each with its name."""

    blob: str
    description: str
    references: tuple[tuple[str, str], ...] = ()


class Critic(Protocol):
    """Whoever judges pictures."""

    async def judge(self, shown: Shown) -> Verdict:
        """Say whether a picture is right; raises whatever keeps it from doing so."""
        ...


def judge_drawn(answer: AnswerState, critic: Critic) -> None:
    """Begin to judge every picture that waits for it."""
    for slot, done in answer.pictures.take_unjudged():
        task = asyncio.create_task(
            _judge(answer, critic, slot, done), name=f"judge {answer.request.id} {slot}"
        )
        answer.judging.add(task)
        task.add_done_callback(answer.judging.discard)


async def _judge(answer: AnswerState, critic: Critic, slot: int, done: Done) -> None:
    began_at = answer.clock()
    description, references = answer.pictures.asked(slot)
    flaws = answer.pictures.flaws(slot, done)
    if flaws:
        # What anybody can see needs no critic.
        verdict = Verdict(good=False, wrong=" ".join(map(in_words, flaws)), score=0)
    else:
        verdict = await _heard(critic, Shown(done.blob, description, references), answer.request.id)
    took_s = max(0.0, answer.clock() - began_at)
    draft = Draft(
        description=description,
        drawn=done,
        flaws=flaws,
        good=verdict.good,
        wrong=verdict.wrong,
        score=verdict.score,
        took_s=took_s,
    )
    answer.inbox.put(Judged(slot, draft, verdict.better_description))


async def _heard(critic: Critic, shown: Shown, response_id: str) -> Verdict:
    try:
        async with asyncio.timeout(CRITIC_S):
            return await critic.judge(shown)
    except TimeoutError:
        why = f"The critic did not answer within {CRITIC_S:g} s."
    except Exception:
        log.warning("critic not heard", exc_info=True, extra={"response": response_id})
        why = "The critic could not be heard."
    return Verdict(good=None, wrong=why)
