"""From turns to the one prompt text that a model's own chat template makes of them, and the images that go with it.

It knows a tokenizer and a vLLM model class (for the placeholder of an image), not the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import PIL.Image

from planner_service.language.bounds import Language
from planner_service.prompts.turns import Clean, Picture, Told, Turn, turns_of, written_pieces
from planner_service.prompts.views import Views
from planner_service.wire import PlanRequest


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """One model's way of reading a conversation. `forbidden_ids` are tokens that no plan may contain."""

    tokenizer: Any
    model_class: Any
    clean: Clean
    forbidden_ids: tuple[int, ...]
    sees_images: bool
    told: Told
    takes_parts: bool
    most_views: int

    def render(self, request: PlanRequest, language: Language) -> tuple[str, list[PIL.Image.Image]]:
        """The prompt, open for the assistant's answer, and the images of its placeholders in order.

        Raises:
            PlanRefused: an image cannot be read.
            jinja2.TemplateError: the template refuses the conversation.
        """
        turns = turns_of(request, language, self.clean, sees_images=self.sees_images, told=self.told)
        written = written_pieces(request, self.clean, sees_images=self.sees_images)
        pieces = [piece for part in (*(turn.pieces for turn in turns), written) for piece in part]
        views = Views(pieces, self.most_views)
        messages = [{"role": turn.role, "content": self._content(turn, views)} for turn in turns]
        text = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=request.thinking
        )
        return text + self._text(written, views), views.images

    def _content(self, turn: Turn, views: Views) -> str | list[dict[str, str]]:
        text = self._text(turn.pieces, views)
        return [{"type": "text", "text": text}] if self.takes_parts else text

    def _text(self, pieces: tuple[str | Picture, ...], views: Views) -> str:
        """Placeholders are written by us: templates leave out the images of an assistant's turn."""
        text = ""
        for piece in pieces:
            if isinstance(piece, str):
                text += piece
            elif views.show(piece):
                text += self.model_class.get_placeholder_str("image", len(views.images)) or ""
        return text
