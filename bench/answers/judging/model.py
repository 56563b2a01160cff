"""A judge that is a model: any server with OpenAI's Chat Completions, a model that sees, and JSON schemas.

It is asked the yes/no questions of a case, all in one request, at temperature 0; the second run asks them in the other order, so that
what depends on the order shows. It compares two answers where an arena wants that.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeVar

import openai
from openai import AsyncOpenAI
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.answers.answer import Answer
from bench.answers.arena.pick import Choice
from bench.answers.cases.case import AXES, Axis, Case
from bench.answers.judging.telling import RULES, Content, answer_told, questions_told, request_told
from bench.answers.judging.verdict import Judgement, Verdict
from bench.answers.systems.system import Conversation

_PROMPT: Final = 1
"""Changes whenever the judge is asked otherwise, so that no verdict of another wording is taken from what is kept."""
_TRIES: Final = 2
_RETRIES: Final = 5


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class JudgeSettings(_Form):
    """Where a judge is: `url` up to and with the version, as OpenAI's clients want it; the key stands in an environment variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    model: str
    key_variable: str | None = None
    judge_s: float = Field(default=300.0, gt=0)


class Said(_Form):
    """One question answered."""

    number: int
    why: str
    answer: Literal["yes", "no"]


class AllSaid(_Form):
    """Every question answered, and a remark on the answer as a whole."""

    answers: list[Said]
    remark: str


class Compared(_Form):
    """Which answer is better; `leaning` decides a tie."""

    why: str
    winner: Literal["first", "second", "tie"]
    leaning: Literal["first", "second"]


Reply = TypeVar("Reply", AllSaid, Compared)


class Refusal(Exception):
    """The judge would not, or could not; the message says why."""


class ModelJudge:
    """Judges by a model."""

    def __init__(self, settings: JudgeSettings, key: str | None) -> None:
        self._settings = settings
        self._client = AsyncOpenAI(
            base_url=settings.url, api_key=key or "none", timeout=settings.judge_s, max_retries=_RETRIES
        )

    @property
    def name(self) -> str:
        """The model's."""
        return self._settings.model

    @property
    def identity(self) -> object:
        """What its verdicts depend on."""
        return {"url": self._settings.url, "model": self._settings.model, "prompt": _PROMPT}

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.close()

    async def judge(self, case: Case, said: Conversation, answer: Answer, run: int) -> Judgement:
        """Judge one answer."""
        asked: list[tuple[Axis, str]] = [
            (axis, one.ask) for axis in AXES for one in case.rubric.get(axis, ())
        ]
        order = list(range(len(asked)))[:: -1 if run % 2 else 1]
        content = [
            *request_told(said),
            *answer_told(answer),
            *questions_told([asked[place][1] for place in order]),
        ]
        try:
            reply = await self._ask(content, AllSaid, len(asked))
        except Refusal as error:
            return Judgement(refused=str(error))
        by_place = {order[one.number - 1]: one for one in reply.answers}
        verdicts = [
            Verdict(axis, question, float(by_place[place].answer == "yes"), by_place[place].why)
            for place, (axis, question) in enumerate(asked)
        ]
        return Judgement(tuple(verdicts), reply.remark)

    async def pick(self, case: Case, said: Conversation, first: Answer, second: Answer) -> Choice | None:
        """Which of two answers is better; None if the judge would not say."""
        content = [
            *request_told(said),
            *answer_told(first, "first answer"),
            *answer_told(second, "second answer"),
            {
                "type": "text",
                "text": "Which answer serves the user better, in words and in pictures? Say so even if it is close.",
            },
        ]
        try:
            reply = await self._ask(content, Compared, 0)
        except Refusal:
            return None
        return Choice(reply.winner, reply.leaning, reply.why)

    async def _ask(self, content: Content, form: type[Reply], questions: int) -> Reply:
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": RULES},
            {"role": "user", "content": content},
        ]
        trouble = ""
        for _ in range(_TRIES):
            text = await self._completion(messages, form)
            try:
                return _read(text, form, questions)
            except ValueError as error:
                trouble = str(error)
            again = f"That could not be read: {trouble}\nReply anew, with JSON of the given form alone."
            messages = [*messages, {"role": "assistant", "content": text}, {"role": "user", "content": again}]
        raise Refusal(f"unreadable: {trouble}")

    async def _completion(self, messages: list[dict[str, Any]], form: type[BaseModel]) -> str:
        schema = {"name": form.__name__, "strict": True, "schema": form.model_json_schema()}
        try:
            reply = await self._client.chat.completions.create(
                model=self._settings.model,
                messages=messages,  # pyright: ignore[reportArgumentType]  # plain dicts are messages
                temperature=0,
                response_format={"type": "json_schema", "json_schema": schema},  # pyright: ignore[reportArgumentType]
            )
        except openai.APIError as error:
            raise Refusal(f"{type(error).__name__}: {error}") from error
        if not reply.choices:
            raise Refusal("The reply holds no choice.")
        choice = reply.choices[0]
        if choice.message.refusal or choice.finish_reason == "content_filter" or not choice.message.content:
            raise Refusal(
                choice.message.refusal or f"The reply is empty; it ended by {choice.finish_reason}."
            )
        return choice.message.content


def _read(text: str, form: type[Reply], questions: int) -> Reply:
    """The reply, also where it stands in a fence, or after a model's thoughts. Raises ValueError."""
    start, end = text.find("{"), text.rfind("}")
    try:
        reply = form.model_validate_json(text[start : end + 1] or text)
    except ValidationError as error:
        raise ValueError(
            "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        ) from None
    if isinstance(reply, AllSaid) and sorted(one.number for one in reply.answers) != list(
        range(1, questions + 1)
    ):
        raise ValueError(f"the answers should be numbered from 1 to {questions}, each once")
    return reply
