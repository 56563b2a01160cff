"""What the scripted language model writes: paragraphs with a picture between each two, piece by piece at a set pace.

The script is the question itself, as JSON, so that one model serves every measurement.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

WORDS = ("the", "fox", "walks", "on", "along", "the", "shore", "and", "looks", "for", "shells")


class Script(BaseModel):
    """An answer. `words` are the pieces of each paragraph; every piece, a whole picture's tag too, comes `pace_s` after the one before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pictures: int = Field(ge=0)
    words: int = Field(ge=0)
    pace_s: float = Field(ge=0)

    def pieces(self) -> list[str]:
        """All that is written, in order: it begins and ends with text, if there are words, each paragraph a sentence of its own."""
        written = self._paragraph(0)
        for picture in range(1, self.pictures + 1):
            written.append(f"<imagine>A fox with {picture} shells walks along the shore.</imagine>")
            written += self._paragraph(picture)
        return written

    def _paragraph(self, number: int) -> list[str]:
        words = [f"{WORDS[index % len(WORDS)]} " for index in range(self.words)]
        return [*words[:-1], f"{words[-1]}{number}. "] if words else []

    def question(self, **more: Any) -> dict[str, Any]:
        """The body of a `POST /v1/responses` that is answered so, its pictures independent of each other."""
        counts = {"least_images": self.pictures, "most_images": self.pictures}
        mode = {"mode": "interleaved"} if self.pictures else {"mode": "text"}
        return {"input": self.model_dump_json(), "reference_policy": "none", **counts, **mode, **more}


def read(messages: list[dict[str, Any]]) -> Script:
    """The script in the last message of a chat; the lines before it name images."""
    text: str = messages[-1]["content"]
    return Script.model_validate_json(text[text.index("{") :])
