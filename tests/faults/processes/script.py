"""What a scripted answer says: paragraphs of words, each of them another, with a picture between each two."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field


class Script(BaseModel):
    """An answer; every piece, a whole picture's tag too, comes `pace_s` after the one before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    pictures: int = Field(ge=0)
    words: int = Field(ge=1)
    pace_s: float = Field(ge=0)

    @classmethod
    def read(cls, messages: list[dict[str, Any]]) -> Self:
        """The script in the first message of a user's."""
        text: str = next(turn["content"] for turn in messages if turn["role"] == "user")
        begins = text.index("{")
        return cls.model_validate_json(text[begins : text.index("}", begins) + 1])

    @property
    def paragraphs(self) -> list[list[str]]:
        return [
            [f"{self.name}p{number}w{word}" for word in range(self.words)]
            for number in range(self.pictures + 1)
        ]

    @property
    def descriptions(self) -> list[str]:
        return [f"Picture {number} of {self.name}, a fox at the sea." for number in range(self.pictures)]

    def pieces(self) -> list[str]:
        """All that is written, in order; the space before a word belongs to it."""
        first, *others = [
            [f" {word}" for word in words[:-1]] + [f" {words[-1]}."] for words in self.paragraphs
        ]
        written = list(first)
        for description, words in zip(self.descriptions, others, strict=True):
            written += [f" <imagine>{description}</imagine>", *words]
        return written

    @property
    def text(self) -> list[str]:
        """All words."""
        return [word for words in self.paragraphs for word in [*words[:-1], f"{words[-1]}."]]

    def question(self, **more: Any) -> dict[str, Any]:
        """The body of a `POST /v1/responses` that is answered so."""
        counts = {"least_images": self.pictures, "most_images": self.pictures, "mode": "interleaved"}
        return {
            "input": self.model_dump_json(),
            "delivery": "url",
            "reference_policy": "none",
            **counts,
            **more,
        }
