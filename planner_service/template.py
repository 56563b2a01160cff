"""From turns to the one prompt text that a model's own chat template makes of them, and the images that go with it.

It knows the tokenizer and vLLM's model classes (for the placeholder of an image), not the engine.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any, Self

import PIL.Image
from vllm.config import ModelConfig
from vllm.model_executor.model_loader import get_model_cls
from vllm.renderers.hf import resolve_chat_template_content_format

from planner_service.errors import PlanRefused
from planner_service.language import TAG, Language
from planner_service.prompts import Clean, Picture, Turn, begun, cleaner, control_tokens, turns_of
from planner_service.wire import PlanRequest


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """One model's way of reading a conversation. `forbidden_ids` are tokens that no plan may contain."""

    tokenizer: Any
    model_class: Any
    clean: Clean
    forbidden_ids: tuple[int, ...]
    sees_images: bool
    explains: bool
    takes_parts: bool

    @classmethod
    def of(cls, tokenizer: Any, config: ModelConfig, *, explains: bool) -> Self:
        """Look at a tokenizer and a model; `explains` is dropped where the vocabulary has our tag."""
        knows_language = len(tokenizer.encode(f"<{TAG}", add_special_tokens=False)) == 1
        form = resolve_chat_template_content_format(None, None, "auto", tokenizer, model_config=config)
        return cls(
            tokenizer=tokenizer,
            model_class=get_model_cls(config),
            clean=cleaner(control_tokens(tokenizer)),
            forbidden_ids=forbidden_ids(tokenizer, config),
            sees_images=config.is_multimodal_model,
            explains=explains and not knows_language,
            takes_parts=form == "openai",
        )

    def render(self, request: PlanRequest, language: Language) -> tuple[str, list[PIL.Image.Image]]:
        """The prompt, open for the assistant's answer, and the images of its placeholders in order.

        Raises:
            PlanRefused: an image cannot be read.
            jinja2.TemplateError: the template refuses the conversation.
        """
        turns = turns_of(request, language, self.clean, sees_images=self.sees_images, explains=self.explains)
        images: list[PIL.Image.Image] = []
        messages = [{"role": turn.role, "content": self._content(turn, images)} for turn in turns]
        text = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        return text + begun(request, self.clean), images

    def _content(self, turn: Turn, images: list[PIL.Image.Image]) -> str | list[dict[str, str]]:
        """A turn's text. Placeholders are written by us: templates leave out the images of an assistant's turn."""
        text = ""
        for piece in turn.pieces:
            if isinstance(piece, Picture):
                images.append(opened(piece))
                text += self.model_class.get_placeholder_str("image", len(images)) or ""
            else:
                text += piece
        return [{"type": "text", "text": text}] if self.takes_parts else text


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


def opened(picture: Picture) -> PIL.Image.Image:
    """Decode one image to RGB.

    Raises:
        PlanRefused: it is no image.
    """
    try:
        with PIL.Image.open(io.BytesIO(base64.b64decode(picture.data, validate=True))) as image:
            return image.convert("RGB")
    except (ValueError, OSError, PIL.Image.DecompressionBombError) as error:
        raise PlanRefused(f"messages: image {picture.id} cannot be read") from error
