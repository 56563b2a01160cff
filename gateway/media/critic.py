"""A vision model as critic: what it is asked, and what its answer says. `ChatCritic` asks any OpenAI-compatible server,
`PlannerCritic` the planner, if it sees images.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final, Protocol, Self

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from gateway.answer.event_budget import BETTER_BYTES, beginning
from gateway.answer.plan import Base64Store
from gateway.answer.stitching.judging import CRITIC_S, Shown, Verdict
from planner_service.wire import ImagePart, Message, PlanEvent, PlanFailed, PlanRequest, TextDelta, TextPart

MOST_TOKENS: Final = 400
MOST_CONNECTIONS: Final = 32
MOST_ANSWER_CHARS: Final = 20_000

QUESTION: Final = """\
You judge a picture that was drawn from a description. The first image is the picture{references}.

The description: {description}

Is everything there that the description asks for, with its colours, number and place, drawn without flaws, in one frame{likeness}? \
Small liberties are fine. Answer with JSON and nothing else:
{{"good": true or false, "score": 0 to 10, "wrong": "what is wrong, in one sentence, or empty", \
"better_description": "the whole description put so that the painter gets it right, or empty"}}"""


def _mended(text: str) -> str:
    """A text that can be kept and sent on: JSON may hold half a surrogate pair, which has no UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_Text = Annotated[str, AfterValidator(_mended)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    good: bool
    score: float | None = Field(default=None, ge=0, le=10)
    wrong: _Text | None = None
    better_description: _Text | None = None


class NoVerdict(Exception):
    """The critic's answer says nothing."""


def question(shown: Shown) -> str:
    """What a critic is asked, beside the images: the picture, then those that it was to follow."""
    names = ", ".join(name for name, _ in shown.references)
    return QUESTION.format(
        description=" ".join(shown.description.split()),
        references=f"; those after it ({names}) are what it was to follow" if names else "",
        likeness=", and do those who return look the same" if names else "",
    )


def verdict_of(answer: str) -> Verdict:
    """What a critic said: the first JSON object in its answer, whatever stands around it.

    Raises:
        NoVerdict: there is none, or it does not say whether the picture is good.
    """
    decoder = json.JSONDecoder()
    start = answer.find("{")
    while start >= 0:
        try:
            found, _ = decoder.raw_decode(answer, start)
            said = _Answer.model_validate(found)
        except (ValidationError, ValueError, RecursionError):
            start = answer.find("{", start + 1)
            continue
        better = beginning((said.better_description or "").strip(), BETTER_BYTES) or None
        return Verdict(said.good, (said.wrong or "").strip()[:500] or None, better, said.score)
    raise NoVerdict("the critic's answer holds no verdict")


class ChatCritic:
    """A vision model behind an OpenAI-compatible server, as an async context manager.

    Args:
        url: the server's base URL, up to `/v1`.
        views: where the pictures are seen.
        transport: what carries the requests, if not the network.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: SecretStr | None,
        views: Base64Store,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._model, self._views = model, views
        headers = {} if key is None else {"authorization": f"Bearer {key.get_secret_value()}"}
        limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers=headers, transport=transport, timeout=CRITIC_S, limits=limits
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def judge(self, shown: Shown) -> Verdict:
        """See `Critic.judge`.

        Raises:
            httpx.HTTPError, NoVerdict: it is down, refuses, or says nothing.
        """
        images = [
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
            for _, data in await _seen(shown, self._views)
        ]
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "user", "content": [*images, {"type": "text", "text": question(shown)}]}],
            "max_tokens": MOST_TOKENS,
            "temperature": 0,
        }
        response = await self._client.post("/chat/completions", json=body)
        response.raise_for_status()
        try:
            said: Any = response.json()["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError) as error:
            raise NoVerdict("the critic's answer is no chat completion") from error
        return verdict_of(str(said)[:MOST_ANSWER_CHARS])


class Planner(Protocol):
    """Whoever plans."""

    def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        """Plan."""
        ...


class PlannerCritic:
    """The planner itself, which must see images."""

    def __init__(self, planner: Planner, views: Base64Store) -> None:
        self._planner, self._views = planner, views

    async def judge(self, shown: Shown) -> Verdict:
        """See `Critic.judge`.

        Raises:
            PlannerError, NoVerdict: it is down, or says nothing.
        """
        images = [ImagePart(id=name, data=data) for name, data in await _seen(shown, self._views)]
        message = Message(role="user", content=(*images, TextPart(text=question(shown))))
        request = PlanRequest(
            id="critic", messages=(message,), mode="text", max_output_tokens=MOST_TOKENS, temperature=0
        )
        said = ""
        async with aclosing(self._planner.plan(request)) as events:
            async for event in events:
                match event:
                    case TextDelta(text=text):
                        said += text
                    case PlanFailed():
                        raise NoVerdict(f"the planner failed: {event.code}")
                    case _:
                        pass
        return verdict_of(said)


async def _seen(shown: Shown, views: Base64Store) -> list[tuple[str, str]]:
    """The picture and its references as base64, named by their order; those that are gone are left out.

    Raises:
        NoVerdict: the picture itself is gone.
    """
    blobs = [shown.blob, *(blob for _, blob in shown.references)]
    data = [await views.base64(blob) for blob in blobs]
    if data[0] is None:
        raise NoVerdict("the picture is no longer kept")
    return [(f"in{number}", one.decode("ascii")) for number, one in enumerate(data, 1) if one is not None]
