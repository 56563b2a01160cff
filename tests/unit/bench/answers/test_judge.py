"""A judge that is a model: what it is shown, how its words are read, and what becomes of refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import Response

from bench.answers.answer import Answer, Picture, Text
from bench.answers.arena.pick import both_orders
from bench.answers.cases.case import Case
from bench.answers.judging.verdict import Judgement, scores
from bench.answers.systems.system import Asked, Conversation, SentImage
from tests.unit.bench.answers.judge_server import JudgeServer, Script, busy, questions, refused, said, yes_to
from tests.unit.bench.answers.tales import png
from training.world import Identity, Scene

CASE = Case.model_validate(
    {
        "id": "fox",
        "category": "test",
        "turns": [{"ask": "A fox, please."}],
        "pictures": {"least": 1, "most": 1},
        "rubric": {
            "adherence": [{"ask": "Is it a fox?"}, {"ask": "Is it red?"}],
            "coordination": [{"ask": "Do they fit?"}],
            "content": [{"ask": "Is it true?"}],
            "completeness": [{"ask": "Is it all?"}],
        },
    }
)
FOX = Scene(
    "fox",
    "none",
    "red",
    "standing",
    "left",
    "forest",
    "day",
    "ball",
    Identity("orange", "light", "plain", "long"),
)
PNG = png(FOX)
SAID = Conversation([Asked("A fox, please.", (SentImage(PNG, "a model"),))])
ANSWER = Answer((Text("Here it is."), Picture(PNG), Picture(None)), "completed")


async def judged(script: Script, run: int = 0) -> tuple[Judgement, list[dict[str, Any]]]:
    server = JudgeServer(script)
    async with server.judging() as judge:
        return await judge.judge(CASE, SAID, ANSWER, run), server.bodies


async def test_yes_and_no_become_scores_by_axis() -> None:
    judgement, _ = await judged(lambda body: yes_to(body, "fox", "fit", "all"))
    assert scores(judgement.verdicts) == {
        "adherence": 5,
        "coordination": 10,
        "content": 0,
        "completeness": 10,
    }
    assert judgement.verdicts[1].why == "since Is it red?"
    assert judgement.remark == "Seen."


async def test_the_judge_sees_request_and_answer_in_order_at_temperature_zero_and_by_a_schema() -> None:
    _, (body,) = await judged(lambda body: yes_to(body))
    shown = [part.get("text", "picture").partition("\n")[0] for part in body["messages"][1]["content"]]
    assert shown == [
        "<request>",
        "Image 1 of the request:",
        "picture",
        "A fox, please.",
        "</request>",
        "<answer>",
        "Here it is.",
        "[picture 1:]",
        "picture",
        "[picture 2 did not come]",
        "</answer>",
        "Answer every question with yes or no, and say why in a few words.",
    ]
    assert body["temperature"] == 0
    schema = body["response_format"]["json_schema"]
    assert schema["strict"]
    assert schema["schema"]["additionalProperties"] is False


async def test_the_second_run_asks_in_the_other_order_and_means_the_same() -> None:
    first, (there,) = await judged(lambda body: yes_to(body, "red"))
    second, (back,) = await judged(lambda body: yes_to(body, "red"), run=1)
    assert questions(back) == questions(there)[::-1]
    assert second == first


async def test_a_reply_in_a_fence_after_thoughts_is_read() -> None:
    def script(body: dict[str, Any]) -> Response:
        plain = json.loads(yes_to(body, "red").body)["choices"][0]["message"]["content"]
        return said(f"Well, let me see.\n```json\n{plain}\n```")

    judgement, _ = await judged(script)
    assert judgement.refused is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("no idea", "Invalid JSON"),
        ('{"answers": [{"number": 1, "why": "", "answer": "maybe"}], "remark": ""}', "'yes' or 'no'"),
        ('{"answers": [{"number": 1, "why": "", "answer": "yes"}], "remark": ""}', "numbered from 1 to 5"),
    ],
)
async def test_what_cannot_be_read_is_asked_for_once_more(content: str, complaint: str) -> None:
    replies = [said(content)]
    judgement, bodies = await judged(
        lambda body: replies.pop() if replies else yes_to(bodies_first(body), "red")
    )
    assert judgement.refused is None
    assert complaint in bodies[1]["messages"][3]["content"]


async def test_what_can_never_be_read_is_a_refusal() -> None:
    judgement, bodies = await judged(lambda body: said("no idea"))
    assert (judgement.refused or "").startswith("unreadable: ")
    assert len(bodies) == 2


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (said(None, refusal="I would rather not."), "I would rather not."),
        (said("", finish_reason="content_filter"), "content_filter"),
        (refused(), "no such model"),
    ],
)
async def test_a_refusal_is_told_and_not_asked_again(reply: Response, why: str) -> None:
    judgement, bodies = await judged(lambda body: reply)
    assert why in (judgement.refused or "")
    assert judgement.verdicts == ()
    assert len(bodies) == 1


async def test_a_busy_judge_is_asked_again() -> None:
    replies = [busy(), busy()]
    judgement, bodies = await judged(lambda body: replies.pop() if replies else yes_to(body, "red"))
    assert judgement.refused is None
    assert len(bodies) == 3


def compared(winner: str, leaning: str) -> Response:
    return said(json.dumps({"why": "", "winner": winner, "leaning": leaning}))


def shows_first(body: dict[str, Any], text: str) -> bool:
    """Whether the first answer of two has this text."""
    told = [part.get("text", "") for part in body["messages"][1]["content"]]
    return told.index(text) < told.index("</first answer>")


@pytest.mark.parametrize(
    ("script", "score", "forced"),
    [
        (lambda body: compared(*["first" if shows_first(body, "Good.") else "second"] * 2), 1.0, 1.0),
        # A judge that likes whatever stands first decides nothing.
        (lambda body: compared("first", "first"), 0.5, 0.5),
        (lambda body: compared("tie", "second" if shows_first(body, "Good.") else "first"), 0.5, 0.0),
    ],
)
async def test_pairs_are_shown_in_both_orders(script: Script, score: float, forced: float) -> None:
    good, bad = Answer((Text("Good."),), "completed"), Answer((Text("Bad."),), "completed")
    server = JudgeServer(script)
    async with server.judging() as judge:
        pick = await both_orders(judge, CASE, SAID, ("a", good), ("b", bad))
    assert len(server.bodies) == 2
    assert pick is not None
    assert (pick.one, pick.other, pick.score, pick.forced) == ("a", "b", score, forced)


async def test_a_pair_that_the_judge_will_not_compare_is_no_pick() -> None:
    async with JudgeServer(lambda body: said(None, refusal="no")).judging() as judge:
        assert await both_orders(judge, CASE, SAID, ("a", ANSWER), ("b", ANSWER)) is None


def bodies_first(body: dict[str, Any]) -> dict[str, Any]:
    """A request as it was before it was asked for once more."""
    return {**body, "messages": body["messages"][:2]}
