"""Answers of a real gateway, judged: the adapters against it, and the whole command line."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from fastapi import Response

from bench.answers.answer import Text
from bench.answers.systems.asking import Asking
from bench.answers.systems.redrawing import Redrawing
from bench.answers.systems.system import Asked, Conversation, System
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening
from tests.unit.bench.answers.judge_server import JudgeServer, said, yes_to

pytestmark = pytest.mark.integration

FOX = Conversation([Asked("A fox story")], seed=3)


@pytest_asyncio.fixture
async def url(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, listening(app) as url:
        yield url


def system(url: str, **told: Any) -> System:
    return System(**{"name": "ours", "url": url, "model": "storybook", **told})


@pytest.mark.parametrize("dialect", ["responses", "chat", "gemini"])
async def test_our_gateway_gives_one_answer_in_every_dialect(url: str, dialect: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await Asking(system(url, dialect=dialect), http).ask(FOX)
    told = [part.text.strip() if isinstance(part, Text) else "picture" for part in answer.parts]
    assert told == ["Once. A fox.", "picture", "Then the sea.", "picture"]
    assert answer.outcome == "completed"
    assert all(isinstance(part, Text) or (part.data and part.description) for part in answer.parts)


async def test_a_second_turn_knows_the_first(url: str) -> None:
    async with httpx.AsyncClient() as http:
        asker = Asking(system(url), http)
        first = await asker.ask(FOX)
        second = await asker.ask(Conversation([*FOX.turns, Asked("Go on")], (first,), seed=3))
    assert second.outcome == "completed"
    assert [picture.name for picture in second.drawn] == ["img3", "img4"]


async def test_a_plan_is_drawn_anew_with_the_references_of_a_policy(url: str) -> None:
    async with httpx.AsyncClient() as http:
        asker = Asking(system(url), http)
        planned = await asker.ask(FOX)
        for policy, used in (("none", ()), ("anchor", ("img1",)), ("planner", ("img1",))):
            answer = await Redrawing(asker, http, policy, most=4).ask(FOX)
            assert [picture.references for picture in answer.drawn] == [(), used]
            assert [picture.description for picture in answer.drawn] == [
                one.description for one in planned.drawn
            ]
            assert answer.text == planned.text


def judged(body: dict[str, Any]) -> Response:
    if body["response_format"]["json_schema"]["name"] == "Compared":
        return said(json.dumps({"why": "", "winner": "first", "leaning": "first"}))
    return yes_to(body, "picture")


async def run(*words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.answers",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), 120)
    except TimeoutError:
        process.kill()
        raise AssertionError("it did not end") from None
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_two_systems_are_compared_from_the_command_line_and_a_second_time_from_what_was_kept(
    url: str, tmp_path: Path
) -> None:
    server = JudgeServer(judged)
    async with server.served() as judge_url:
        told = {
            "systems": [
                {"name": "ours", "url": url, "model": "storybook", "seed": 1},
                {"name": "by Gemini's API", "url": url, "model": "storybook", "dialect": "gemini"},
            ],
            "judges": [{"url": judge_url, "model": "seer"}],
        }
        setup = tmp_path / "setup.yaml"
        setup.write_text(yaml.safe_dump(told), encoding="utf-8")
        flags = (
            "--setup",
            str(setup),
            "--only",
            "2",
            # The pool of these tests draws for one answer at a time.
            "--at-once",
            "1",
            "--out",
            str(tmp_path / "out"),
            "--folder",
            str(tmp_path / "kept"),
        )
        code, out, err = await run(*flags)
        assert code == 0, err
        asked = len(server.bodies)
        again = await run(*flags)
    assert "| ours |" in out
    # Two cases, two systems, two runs of the judge; and two cases in two orders.
    assert asked == 2 * 2 * 2 + 2 * 2
    assert len(server.bodies) == asked
    assert again[0] == 0
    found = json.loads((tmp_path / "out" / "answers.json").read_text(encoding="utf-8"))
    (board,) = found["boards"]
    assert [pair["share"] for pair in board["arena"]["pairs"]] == [0.5]
    assert board["agreement"]["runs"]["seer"]["share"] == 1
    assert any(isinstance(one["overall"], float) for one in board["answers"])


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "who answers? Name --url and --model"),
        (("--url", "http://x", "--model", "m"), "who judges? Name --judge and --judge-model"),
        (("--url", "http://x", "--model", "m", "--benchmark", "isg"), "where are the questions?"),
    ],
)
async def test_what_is_missing_on_the_command_line_is_named(words: tuple[str, ...], complaint: str) -> None:
    code, _, err = await run(*words)
    assert code == 1
    assert complaint in err
    assert "Traceback" not in err


async def test_a_key_that_is_not_set_is_named_by_its_variable() -> None:
    words = (
        "--url",
        "http://x",
        "--model",
        "m",
        "--key-variable",
        "NO_SUCH_KEY",
        "--judge",
        "http://x",
        "--judge-model",
        "j",
    )
    code, _, err = await run(*words)
    assert code == 1
    assert "NO_SUCH_KEY" in err
