"""From turns to the one prompt text that a model's own chat template makes of them, and the images that go with it.

It knows the tokenizer and vLLM's model classes (for the placeholder of an image), not the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import PIL.Image
from vllm.config import ModelConfig
from vllm.model_executor.model_loader import get_model_cls
from vllm.renderers.hf import resolve_chat_template_content_format

from planner_service.language import TAG, Language
from planner_service.prompts import (
    Clean,
    Picture,
    Told,
    Turn,
    cleaner,
    control_tokens,
    turns_of,
    written_pieces,
)
from planner_service.views import Views
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

    @classmethod
    def of(cls, tokenizer: Any, config: ModelConfig, *, tells: bool) -> Self:
        """Look at a tokenizer and a model. A vocabulary that has our tag shows that the model was trained on the language."""
        knows_language = len(tokenizer.encode(f"<{TAG}", add_special_tokens=False)) == 1
        form = resolve_chat_template_content_format(None, None, "auto", tokenizer, model_config=config)
        return cls(
            tokenizer=tokenizer,
            model_class=get_model_cls(config),
            clean=cleaner(control_tokens(tokenizer)),
            forbidden_ids=forbidden_ids(tokenizer, config),
            sees_images=config.is_multimodal_model,
            told=("brief" if knows_language else "explained") if tells else "nothing",
            takes_parts=form == "openai",
        )

    def render(self, request: PlanRequest, language: Language) -> tuple[str, list[PIL.Image.Image]]:
        """The prompt, open for the assistant's answer, and the images of its placeholders in order.

        Raises:
            PlanRefused: an image cannot be read.
            jinja2.TemplateError: the template refuses the conversation.
        """
        turns = turns_of(request, language, self.clean, sees_images=self.sees_images, told=self.told)
        written = written_pieces(request, self.clean, sees_images=self.sees_images)
        views = Views([piece for pieces in (*(turn.pieces for turn in turns), written) for piece in pieces])
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


def forbidden_ids(tokenizer: Any, config: ModelConfig) -> tuple[int, ...]:
    """Special tokens that neither end an answer nor spell our tags."""
    generation = config.try_get_generation_config()
    ends = generation.get("eos_token_id", tokenizer.eos_token_id)
    allowed = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id}
    spelling = f"<{TAG}", f"</{TAG}"
    return tuple(
        number
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special and number not in allowed and not token.content.startswith(spelling)
    )
