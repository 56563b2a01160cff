"""Draws the pictures of an answer anew, each guided by the references of a policy, so that policies are compared on the same plans.

Text, descriptions, sizes and seeds stay; only what guides a picture differs. It asks our gateway's `/v1/images` with `planner` off.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import httpx

from bench.answers.answer import Answer, Part, Picture
from bench.answers.systems.links import data_url
from bench.answers.systems.system import Asker, Conversation, System

Choice = Callable[[Sequence[str], Picture], Sequence[str]]
"""The references of a picture, from the names of those before it, in order."""

POLICIES: Final[dict[str, Choice]] = {
    "none": lambda before, picture: (),
    "anchor": lambda before, picture: before[:1],
    "all": lambda before, picture: before,
    "nearest 4": lambda before, picture: before[-4:],
    "planner": lambda before, picture: [name for name in picture.references if name in before],
}


class Redrawing:
    """Asks an asker for the plan, and draws it with the references of a policy, `most` at most, the earliest first."""

    def __init__(self, asker: Asker, http: httpx.AsyncClient, policy: str, most: int) -> None:
        self._asker, self._http, self._policy, self._most = asker, http, policy, most

    @property
    def system(self) -> System:
        """The same system under the policy's name."""
        plain = self._asker.system
        version = f"{plain.version or plain.url}, drawn anew with references: {self._policy}"
        return plain.model_copy(update={"name": self._policy, "version": version})

    async def ask(self, said: Conversation) -> Answer:
        """The answer with its pictures drawn anew; raises CannotAsk."""
        planned = await self._asker.ask(said)
        parts: list[Part] = []
        drawn: dict[str, bytes] = {}
        for part in planned.parts:
            if isinstance(part, Picture) and part.description and part.name:
                used = tuple(POLICIES[self._policy](tuple(drawn), part))[: self._most]
                anew = replace(part, data=None, references=used, drawing_s=None, failure=None)
                try:
                    data = await self._draw(
                        part, [drawn[name] for name in used], (said.seed or 0) * 100 + len(parts)
                    )
                except (httpx.HTTPError, KeyError, ValueError) as error:
                    parts.append(replace(anew, failure=f"{type(error).__name__}: {error}"))
                    continue
                parts.append(replace(anew, data=data))
                drawn[part.name] = data
            else:
                parts.append(part)
        # What was measured is the first drawing's.
        return Answer(tuple(parts), planned.outcome, planned.failure)

    async def _draw(self, picture: Picture, references: Sequence[bytes], seed: int) -> bytes:
        body: dict[str, Any] = {
            "model": self._asker.system.model,
            "prompt": picture.description,
            "planner": False,
        }
        body |= {"seed": seed, "size": picture.size or "auto"}
        if references:
            body["images"] = [{"image_url": data_url(data)} for data in references]
        path = "edits" if references else "generations"
        reply = await self._http.post(f"{self._asker.system.url.rstrip('/')}/v1/images/{path}", json=body)
        reply.raise_for_status()
        return base64.b64decode(reply.json()["data"][0]["b64_json"])
