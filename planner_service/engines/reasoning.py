"""Models that think before they write: their thoughts are told apart from the answer's text.

vLLM holds the grammar back until the thoughts have ended, if its reasoning parser is set; what it streams is one text.
"""

from __future__ import annotations

from typing import Any

OPEN, CLOSE = "<think>", "</think>"

PARSER = "deepseek_r1"
"""vLLM's parser of these marks, whichever model writes them."""


def thinks(tokenizer: Any) -> bool:
    """Whether a chat template, asked for no thoughts, opens them all the same or writes empty ones: so do those of models that think."""
    hello = [{"role": "user", "content": "Hello"}]
    prompt = tokenizer.apply_chat_template(
        hello, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    return prompt.rstrip().endswith((OPEN, CLOSE))


class Thoughts:
    """Splits what one answer streams. The end of the `prompt` shows whether thoughts are open, or over already.

    `are_missing` says that a model that was to think writes without: no grammar holds, so what it writes is not taken.
    """

    def __init__(self, prompt: str, *, may_think: bool):
        self.text = ""
        self._may_think = may_think
        self._is_over = not may_think or prompt.rstrip().endswith(CLOSE)
        self._opened = may_think and prompt.rstrip().endswith(OPEN)
        self.are_missing = False
        self._is_first_text = may_think
        self._held = ""

    @property
    def are_open(self) -> bool:
        """Whether the model still thinks."""
        return self._opened and not self._is_over

    def split(self, text: str) -> tuple[str, str]:
        """The thoughts and the answer's text in the next piece of the stream; half a mark waits."""
        if self._is_over:
            return "", self._text(text)
        self._held += text
        if not self._opened:
            solid = self._held.lstrip()
            if solid.startswith(OPEN):
                self._opened = True
                self.text, self._held = OPEN, solid.removeprefix(OPEN)
            elif OPEN.startswith(solid):
                return "", ""
            else:
                self.are_missing = True
                return "", ""
        thought, closed, rest = self._held.partition(CLOSE)
        if closed:
            self.text += thought
            return self._end(thought, rest)
        waits = next((n for n in range(len(CLOSE) - 1, 0, -1) if self._held.endswith(CLOSE[:n])), 0)
        thought, self._held = self._held[: len(self._held) - waits], self._held[len(self._held) - waits :]
        self.text += thought
        return thought, ""

    def before(self, prefix: str) -> str:
        """What a prompt that goes on from here holds: the thoughts, ended if the tokens ended within them, and what was written.

        Marks in what was written would open the thoughts again, and vLLM would hold the grammar back.
        """
        harmless = prefix.replace(OPEN, "\u2039think>") if self._may_think else prefix
        return self._closed() + harmless

    def _closed(self) -> str:
        if not self._opened and not self.are_missing:
            return ""
        self._is_over, self.are_missing = True, False
        self.text = self.text if self._opened else OPEN
        self._opened = True
        return f"{self.text}\n{CLOSE}\n\n"

    def _end(self, thought: str, rest: str) -> tuple[str, str]:
        self._is_over, self._held = True, ""
        return thought, self._text(rest)

    def _text(self, text: str) -> str:
        """The answer's text, without the empty lines between it and the thoughts."""
        if self._is_first_text:
            text = text.lstrip()
            self._is_first_text = not text
        return text
