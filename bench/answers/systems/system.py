"""A system to be judged: where it is, which dialect it speaks, what it costs; and what a dialect has to know.

A dialect is a module of two functions, both pure: `request` writes a conversation as the vendor wants it, `hear` takes one event of the
stream. `asking` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from bench.answers.answer import Answer
from bench.answers.systems.hearing import Hearing

DialectName = Literal["responses", "chat", "gemini", "dashscope"]


class System(BaseModel):
    """A system, as a setup file or the command line names it.

    Attributes:
        name: under which the report shows it.
        url: of the server, up to but without the version: `https://api.openai.com`.
        version: what its answers are kept under; left out, the address: a server that changes is not asked anew by itself.
        key_variable: the environment variable that holds the API key.
        describe_images: send our `description` with each image, for a planner that sees none; other servers refuse it.
        seed: from which each case and run has one of its own; left out for servers that refuse one.
        more: further fields of the request's body, whatever the dialect.
        picture_price: for each picture that came, in any currency.
        hour_price: of the device that draws, for each hour that it drew.
        answer_s: after so many seconds an answer is given up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    dialect: DialectName = "responses"
    url: str
    model: str
    version: str | None = None
    key_variable: str | None = None
    describe_images: bool = False
    seed: int | None = None
    more: dict[str, Any] = {}
    picture_price: float = Field(default=0.0, ge=0)
    hour_price: float = Field(default=0.0, ge=0)
    answer_s: float = Field(default=600.0, gt=0)

    @property
    def identity(self) -> dict[str, Any]:
        """What its answers depend on."""
        told = self.model_dump(include={"dialect", "model", "describe_images", "more"})
        return told | {"version": self.version or self.url}


@dataclass(frozen=True, slots=True)
class SentImage:
    """An image that goes with a request, a PNG, and what it shows in words."""

    png: bytes
    description: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One turn of the user's."""

    text: str
    images: tuple[SentImage, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns of the user's, and the answer to each but the last. `run` counts from 0 how often it is held; `seed` is for those who take one."""

    turns: Sequence[Asked]
    answers: Sequence[Answer] = ()
    seed: int | None = None
    run: int = 0

    @property
    def exchanges(self) -> Iterator[tuple[Asked, Answer | None]]:
        """Each turn with the answer to it."""
        return zip_longest(self.turns, self.answers)

    @property
    def seeded(self) -> dict[str, int]:
        """The seed as most vendors take it, or nothing."""
        return {} if self.seed is None else {"seed": self.seed}


def bearer(key: str | None) -> dict[str, str]:
    """The header by which most vendors know their customers."""
    return {"authorization": f"Bearer {key}"} if key else {}


@dataclass(frozen=True, slots=True)
class Post:
    """A request, which is answered by server-sent events."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Asker(Protocol):
    """Whoever can be asked."""

    @property
    def system(self) -> System:
        """What answers."""
        ...

    async def ask(self, said: Conversation) -> Answer:
        """The answer to the last turn; raises CannotAsk."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a vendor wants to be asked and answers.

    `request` raises CannotAsk where the vendor cannot be asked that. `hear` raises KeyError, TypeError or ValueError for an event that is not
    as the vendor documents it.
    """

    request: Callable[[System, Conversation, str | None], Post]
    hear: Callable[[Mapping[str, Any], Hearing], None]


class CannotAsk(Exception):
    """This server has no way to be asked such a thing; the message says what."""
