"""The APIs in which a load test can ask: how a question is written, and what an event of the answer means."""

from __future__ import annotations

from typing import Any, Final, Literal, Protocol

from bench.load.dialects.chat import Chat
from bench.load.dialects.gemini import Gemini
from bench.load.dialects.images import Images
from bench.load.dialects.responses import Responses
from bench.load.marks import Ended, Mark

Name = Literal["responses", "chat", "images", "gemini"]


class Dialect(Protocol):
    """Reads one answer; new for each."""

    @staticmethod
    def question(model: str, prompt: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The path and the body of a streamed request; `options` are further fields of the body."""
        ...

    def marks(self, event: dict[str, Any]) -> list[Mark]:
        """What one more event of the stream tells."""
        ...

    def at_close(self) -> Ended | None:
        """How the answer ended, if the end of its stream says so; None where only an event can."""
        ...


DIALECTS: Final[dict[Name, type[Dialect]]] = {
    "responses": Responses,
    "chat": Chat,
    "images": Images,
    "gemini": Gemini,
}
